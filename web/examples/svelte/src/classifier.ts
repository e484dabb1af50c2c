// All that the component asks of Thaw, with Thaw's types.
import { open, type Plan, type PlanSpec, type Prediction, type RunResult, type Thaw, type TrainEvent } from 'thaw'

export const plan: PlanSpec = { preset: 'head-only' }

export async function start(say: (text: string) => void): Promise<Thaw> {
  const thaw = await open({ keep: false, onNotice: notice => say(notice.message) })
  await thaw.weights.use('mini-photo')
  return thaw
}

export async function cost(thaw: Thaw): Promise<string> {
  const { sentence, cost }: Plan = await thaw.plan(plan)
  return `${sentence} ${cost.trained} numbers learn.`
}

export async function train(thaw: Thaw, onLoss: (loss: number) => void): Promise<RunResult | null> {
  const hear = (event: TrainEvent) => { if (event.kind === 'epoch') onLoss(event.loss) }
  const run = await thaw.train(plan, { epochs: 20 }, hear)
  return run.done
}

export async function ask(thaw: Thaw, file: File): Promise<Prediction['classes']> {
  return (await thaw.predict(file)).classes
}
