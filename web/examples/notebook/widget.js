// The front end of cell.py, by anywidget's contract: render({ model, el }) may give back what
// cleans up. Pictures come from Python as bytes; figures, probabilities and the trained
// network go back.
export default {
  async render({ model, el }) {
    const says = document.createElement('p')
    const button = Object.assign(document.createElement('button'), { textContent: 'Train', disabled: true })
    el.append(says, button)
    const say = text => { says.textContent = text }
    try {
      // Of another origin than the notebook: Thaw starts its workers all the same.
      const { open } = await import(model.get('address'))
      const thaw = await open({ keep: false, onNotice: notice => say(notice.message) })
      await thaw.weights.use('mini-photo')
      say(`Ready: ${thaw.engine.threads} thread${thaw.engine.threads > 1 ? 's' : ''}.`)
      button.disabled = false
      button.onclick = () => {
        button.disabled = true
        train(thaw, model, say).catch(error => say(error.message)).finally(() => { button.disabled = false })
      }
      return () => thaw.close()
    } catch (error) {
      say(error.message)
    }
  },
}

const pictures = list => list.map(bytes => new Blob([bytes]))

async function train(thaw, model, say) {
  await thaw.data.clear() // a second click trains on what Python says now
  for (const [name, list] of Object.entries(model.get('images'))) await thaw.data.add(name, pictures(list))
  const told = event => event.kind === 'epoch' && say(`Pass ${event.epoch}: loss ${event.loss.toFixed(3)}`)
  const run = await thaw.train(model.get('plan'), model.get('options'), told)
  model.set('result', await run.done)
  const probabilities = []
  for (const picture of pictures(model.get('asked'))) {
    const { classes } = await thaw.predict(picture)
    probabilities.push(Object.fromEntries(classes.map(c => [c.name, c.probability])))
  }
  model.set('probabilities', probabilities)
  model.set('network', new DataView(await (await thaw.export('keras')).arrayBuffer()))
  model.save_changes()
  say('Trained: see result, probabilities and network in Python.')
}
