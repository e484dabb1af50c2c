/**
 * Thaw: fine-tune InceptionResNetV2 in the browser. Nothing leaves the machine.
 *
 * `open()` starts a worker that owns everything heavy; every call below is a
 * message to it. A promise is rejected with a ThawError whose message is one
 * sentence for the user: what is wrong and what to do.
 */
export function open(options?: OpenOptions): Promise<Thaw>

export interface OpenOptions {
  /** Default 'auto': for each plan the fastest that passes its start-up check. 'webgpu' takes the GPU, a software one too, or fails. */
  backend?: 'auto' | 'webgpu' | 'simd' | 'portable'
  /** Default: all cores; 1 where the page is not cross-origin isolated. */
  threads?: number
  /** Workers that decode images where these are many or large. Default: one a core, 8 at most; 0: none. */
  decoders?: number
  /** Measure GPU and processor anew; else what they were measured to do within a month counts. */
  measure?: boolean
  /**
   * Default true: weights and projects are kept in this site's IndexedDB and origin private file system, by Thaw's own
   * names (thaw, thaw-...), and all pages of one origin share them. false: nothing is written there, all ends with close();
   * projects.* but list are refused, and pixels stay in memory.
   */
  keep?: boolean
  /** The folder of worker.js and all beside it, ending in /, relative to the page. Default: this module's own; any origin that allows it (CORS). */
  base?: string | URL
  /**
   * Called when something changes that a person should know (a worker died, storage blocked).
   * `ended`: the engine is gone, as every call will say; only a reload of the page helps.
   */
  onNotice?: (notice: { level: 'info' | 'warning' | 'error'; message: string; ended?: boolean }) => void
  /** Called when `engine` is known and when it changes: with 'auto' a GPU is found some seconds later. */
  onEngine?: (engine: Engine) => void
  /** Called when more, or less, of the open project is kept. */
  onKeeping?: (keeping: Keeping) => void
}

export interface Engine {
  /** The processor's: 'simd' or 'portable'. */
  backend: string
  threads: number; isolated: boolean; simd: boolean; version: string
  /** Of the file of the engine that runs: the first 12 digits of its SHA-256, as serve -version prints them. '' on a page that is not secure. */
  digest: string
  /** A GPU that passed its trial, with its speed on the full network's convolutions and the processor's on the same. */
  gpu: { name: string; gflops: number; hostGflops: number } | null
  /** Who computes runs: the faster one for the plan at hand, the processor, the GPU. */
  way: 'auto' | 'host' | 'device'
}

export class ThawError extends Error {
  constructor(code: string, message: string)
  /** invalid | exists | unsupported | corrupt | mismatch | memory | quota | storage | network | cancelled | closed | internal */
  code: string
}

export interface Thaw {
  readonly engine: Engine
  /** Chooses who computes the next runs. */
  use(way: Engine['way']): Promise<Engine>
  readonly model: ModelCalls
  readonly weights: WeightCalls
  readonly data: DataCalls
  readonly projects: ProjectCalls
  readonly experiment: ExperimentCalls
  /** What files are, by their first bytes and a zip's directory: for a drop. */
  recognise(files: Iterable<{ path: string; file: Blob }>): Promise<Recognised[]>
  /** Compiles a freeze plan for the current model, data and options; nothing is allocated. */
  plan(spec: PlanSpec, options?: TrainOptions): Promise<Plan>
  /** Trains a plan. Events come in order; the promise resolves when the run has started. */
  train(plan: PlanSpec | Plan, options?: TrainOptions, onEvent?: (event: TrainEvent) => void): Promise<Run>
  /**
   * What a linear classifier recognises by each block's features alone, before any training: fitted on the images that a
   * run with these options would train on, its penalty chosen on these alone, scored on those held back.
   */
  probe(options?: TrainOptions, call?: { onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<Probe>
  /**
   * Classes of an image by the network as it is now (fine-tuned, if a run ended). `run`: by the network that
   * this run of the open project kept, which does not come into use for that.
   */
  predict(file: Blob, options?: { run?: string }): Promise<Prediction>
  /**
   * Where a network looks for a class on an image file, or an image of the data set by its id: Grad-CAM of every block of
   * the backbone (the gradients of the class's logit, in inference mode; only what speaks for the class).
   * `class`: left out, the likeliest. `run`: as in predict. `before`: under the same classes, the run as it began ('start':
   * its head is the random one) or the loaded layers under its trained head ('loaded').
   * `occlusion`: a control that knows no gradients, for which the network is asked 82 times.
   */
  explain(picture: Blob | number, options?: { class?: string; run?: string; before?: 'start' | 'loaded'; occlusion?: boolean; onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<Explanation>
  /**
   * Asks the network as it is now about all pictures among files: loose, in folders, in zips, with tables of
   * labels as in data.survey. Answers come one by one; nothing is added to the images, and one picture at a
   * time is in memory. Aborted, it ends within one picture.
   * `source` names the labels (Predictions.sources), 'none' takes none; left out, the one that the network knows best.
   */
  predictFiles(files: Iterable<{ path: string; file: Blob }>, options?: { source?: string; encoding?: string } & PredictOptions): Promise<Predictions>
  /** What came of the last predictFiles as far as it got, the one that was aborted too. */
  predicted(): Promise<Predictions>
  /** A small JPEG of a picture of the last predictFiles or data.test, by its answer's index. */
  predictedThumbnail(index: number): Promise<Blob>
  /**
   * The network as it is now. safetensors: Thaw's own, to go on with. keras and h5: keras.models.load_model
   * opens it without custom objects. onnx. tfjs: a zip for tf.loadLayersModel. timm: PyTorch's names and
   * layouts in safetensors; of the full network only. All but safetensors and timm take pixels from 0 to 255
   * and prepare them; ONNX calls them "pixels", [n, height, width, 3]. With package: a zip of the model with
   * labels.txt, a model card (README.md) and a script that gives predict's probabilities. All come back by
   * weights.import.
   */
  export(format: 'safetensors' | 'keras' | 'h5' | 'onnx' | 'tfjs' | 'timm', options?: { package?: boolean }): Promise<Blob>
  /** Throws away what training changed: back to the weights as loaded. */
  reset(): Promise<void>
  /** What this browser keeps for this site. It is asked not to clear it by itself when the first weights are kept. */
  storage(): Promise<StorageInfo>
  benchmark(options: BenchmarkOptions): Promise<Benchmark>
  close(): void
}

// Projects ---------------------------------------------------------------------

/**
 * A project is kept by itself from its first image on: images with their files, labels,
 * split, runs, networks, and every 20 s what a run has learned. One tab at a time writes a
 * project.
 */
export interface ProjectCalls {
  /** What is kept, the last changed first. */
  list(): Promise<ProjectInfo[]>
  /**
   * Opens a kept project in the place of the open one. What could not be kept of that is an error, unless it may be lost.
   * Where another tab has the project, it is read only: nothing that is done here is kept.
   */
  open(id: string, options?: { lose?: boolean; onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<OpenedProject>
  /** Begins a project without images; network and weights stay, as loaded. */
  begin(options?: { lose?: boolean }): Promise<void>
  /** '' : it is called by its classes. */
  rename(id: string, name: string): Promise<void>
  /** The copy's id; it is not opened. */
  duplicate(id: string, options?: { onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<string>
  remove(id: string): Promise<void>
  /** All of the open project as one zip: images in folders, project.json, networks as .safetensors. */
  export(options?: { onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<Blob>
  /** Keeps a saved project as a new one; its id. */
  import(file: Blob, options?: { onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<string>
  /** Keeps what the page wants to find again with the open project. */
  note(page: unknown): Promise<void>
  /** Resolves when all that is there is kept; rejects where it cannot be. */
  kept(): Promise<Keeping>
  /** Goes on with the interrupted run, to the bits that it would have had (same machine, same threads). */
  goOn(onEvent?: (event: TrainEvent) => void): Promise<Run>
  /** Gives the interrupted run up. */
  forget(): Promise<void>
  /** Makes the network that a run trained the one in use; where it began from other weights, those come into use with it. */
  useRun(run: string, options?: { onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<ModelInfo>
}
export interface ProjectInfo {
  id: string
  name: string; named: boolean       // named: by someone; else by its classes
  changed: number                    // Unix milliseconds
  images: number; classes: string[]; runs: number
  open: boolean                      // here
  damaged?: boolean                  // it can only be removed
}
export interface Keeping {
  id: string                         // '': nothing is there to be kept
  name: string                       // '': called by its classes
  images: number; of: number         // kept, of all
  readOnly: boolean                  // another tab writes it; may become so where site data were cleared
  problem: string | null             // why something is not kept, and what to do
  using: string                      // the run whose network is in use; '': as loaded
  networks: string[]                 // the runs whose networks are kept: see useRun
}
export interface OpenedProject extends Keeping {
  data: DataInfo
  model: ModelInfo
  runs: KeptRun[]
  page: any                          // of note, or null
  interrupted: (KeptRun & { steps: number; of: number; saved: number; problem: string | null }) | null
  experiment: Experiment | null
  warnings: string[]                 // what could not be found again
}
export interface KeptRun {
  id: string
  began: number                      // Unix milliseconds
  spec: PlanSpec; options: TrainOptions
  status: string                     // done or cancelled
  epochs: Extract<TrainEvent, { kind: 'epoch' }>[]
  result: RunResult | null
  test: Tested | null                // how it did on the test set
  network: boolean                   // its network is kept: see useRun
}

// Experiments ------------------------------------------------------------------

/**
 * Plans repeated over seeds, one run after the other, seed by seed. Every run is what train gives with its plan and
 * options, to the bit (same machine, same threads). Figures are kept with the project after each run, networks are not;
 * a run under way is kept every 20 s. While an experiment is under way, train is refused.
 */
export interface ExperimentCalls {
  /** The project's experiment with what it shows; null: none. */
  get(): Promise<Experiment | null>
  /** Code 'exists' where there is one with runs, unless it may be replaced. */
  start(description: ExperimentDescription, options?: { replace?: boolean }, onEvent?: (event: ExperimentEvent) => void): Promise<Queue>
  /** Does what another one did (what `get` gave, as JSON), with the same weights and images, and compares: see Experiment.repeated. */
  repeat(file: Experiment, options?: { replace?: boolean }, onEvent?: (event: ExperimentEvent) => void): Promise<Queue>
  /** Does the runs that are left, after a reload, a crash or cancel. */
  goOn(onEvent?: (event: ExperimentEvent) => void): Promise<Queue>
  forget(): Promise<void>
}
export interface ExperimentDescription {
  plans: { name: string; spec: PlanSpec; options?: TrainOptions }[]   // of the options all but the seed count
  first: number; seeds: number                                        // first, first + 1, ...
  vary: { split: boolean; head: boolean; order: boolean }             // what does not vary is drawn by the first seed
}
export interface Experiment extends ExperimentDescription {
  id: string
  /** weights and images: digests of the values that runs begin from, and of all pictures with their classes, in order. */
  under: { thaw: string; weights: string; weightsTitle: string; model: string; size: number; dense: number; images: string; classes: { name: string; images: number }[] }
  runs: ExperimentRun[]            // done, of `of`
  of: number
  underWay: boolean
  problem: string | null           // why it cannot go on here
  analysis: Record<'accuracy' | 'balanced' | 'loss', ExperimentAnalysis>
  /** How far a repetition gave the same, to the bit. */
  repeated: { same: number; of: number; differ: { index: number; split: boolean; machine: string; figures: Pick<RunResult, 'validationAccuracy' | 'balancedAccuracy' | 'validationLoss'> }[] } | null
}
/** began: Unix milliseconds; split, learned: digests of who is on which side, and of all values that training changed; interval: Wilson's, of this run alone. */
export interface ExperimentRun {
  plan: number; seed: number; began: number
  problem?: string                 // its loss grew beyond all numbers: it does not count
  train: number; validation: number
  split: string; learned: string; machine: string
  interval: Interval | null
  epochs: Extract<TrainEvent, { kind: 'epoch' }>[]
  result: RunResult | null
}
/** Over seeds: mean, standard deviation, and the mean's 95 % interval by Student's t; null for fewer than two. */
export interface Spread { n: number; mean: number | null; sd: number | null; low: number | null; high: number | null }
export interface ExperimentAnalysis {
  plans: Spread[]
  /** plan minus less, by seed. wider: for new images of this kind, where splits share theirs (Nadeau and Bengio 2003). */
  pairs: (Spread & { plan: number; less: number; wider: Interval | null })[]
}
export type ExperimentEvent =
  | { kind: 'run'; index: number; plan: number; seed: number; event: TrainEvent }
  | { kind: 'recorded'; done: number; of: number }
  | { kind: 'paused' } | { kind: 'resumed' }   // between two runs
  | { kind: 'done' | 'cancelled'; result: Experiment }
  | { kind: 'failed'; message: string; code?: string }
export interface Queue {
  pause(): Promise<void>; resume(): Promise<void>
  /** Ends the run under way; those done stay, and goOn does the others. */
  cancel(): Promise<void>
  done: Promise<Experiment>
}

// Model ----------------------------------------------------------------------

export interface ModelCalls {
  /** Chooses network, input size and head; keeps data. Weights of another network are set aside. */
  configure(choice: { model?: 'full' | 'mini'; size?: number; dense?: number }, options?: { onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<ModelInfo>
  /** The network in use; with `model`, that one as it would be on its own, with its usual size and head. */
  describe(of?: { model?: 'full' | 'mini' }): Promise<ModelInfo>
  /** Says what the outputs of a trained head stand for: a name for each, none twice. Kept with kept weights. */
  nameOutputs(names: string[]): Promise<ModelInfo>
}
export interface ModelInfo {
  model: 'full' | 'mini'; size: number; dense: number
  parameters: number
  blocks: { name: string; parameters: number; layers: number[] }[]   // in the order of data flow; layers by index
  layers: LayerInfo[]                                                  // Keras's model.layers, then the head
  weights: WeightInfo | null
  /** What the head answers; not named: its file told no names, they are output 1, output 2, ... null: it has not been trained. */
  outputs: { names: string[]; named: boolean } | null
}
export interface LayerInfo {
  index: number; name: string; alias?: string; class: string; block: string
  shape: [number, number, number]; parameters: number
}

// Weights --------------------------------------------------------------------

export interface Progress { what: string; done: number; total: number; secondsLeft?: number }
export interface WeightInfo {
  id: string; name: string; model: 'full' | 'mini'; format: string; bytes: number
  /** e.g. "Keras, without top", "timm", "random, seed 1", "fine-tuned in Thaw" */
  description: string
  warnings: string[]
  stored: boolean      // kept in IndexedDB
  builtin?: boolean    // comes with the page: weights.use('mini-source') or ('mini-photo'), which is loaded when first used
  card?: string        // of such: address of its model card, beside thaw.js; in it { seen, terms, accuracy, ... }
  damaged?: boolean    // what is kept cannot be used: importing the same file mends it, remove() forgets it
  /** How channel c of a pixel, 0 to 255, is fed: v * scale[c] + offset[c]. None: v / 127.5 - 1, as keras.applications does. */
  preprocessing?: { scale: [number, number, number]; offset: [number, number, number] }
  /** How a network that comes trained was trained in Thaw. */
  run?: { from: string; plan: string; sentence: string; images: [train: number, heldBack: number]; options: TrainOptions; result: RunResult | null }
}
/** Bytes, null where the browser does not tell; persisted: it has promised to clear nothing by itself. */
export interface StorageInfo { used: number | null; free: number | null; persisted: boolean }
export interface Recognised {
  path: string
  kind: 'weights' | 'images' | 'project' | 'table' | 'foreign' | 'other'   // project: a saved one; foreign: a network that is not read
  sentence?: string   // of foreign: what it is and what to do
  of?: string         // the path of the file that this one is a part of (model.json of its .bin)
}
export interface WeightCalls {
  /** What comes with the page, then what is kept on this machine, newest first. Where the storage is broken, a notice says so. */
  list(): Promise<WeightInfo[]>
  /**
   * .h5, .weights.h5, .keras, .safetensors, PyTorch's .pth, TensorFlow.js's model.json with its .bin files (or a zip),
   * Thaw's own .onnx, or a zip with one of these in it; a
   * Blob, the files of one model, or a URL. Checked tensor by tensor, kept, and used. A trained head of Thaw's form comes with it.
   * bytes and sha256 (hex) are what a Blob or a URL's file is known to be: one that is cut, or another, is refused.
   */
  import(fileOrURL: Blob | Iterable<{ path: string; file: Blob }> | string, options?: { name?: string; bytes?: number; sha256?: string; onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<WeightInfo>
  /** Loads kept weights, or those that come with the page. */
  use(id: string, options?: { onProgress?: (p: Progress) => void }): Promise<WeightInfo>
  remove(id: string): Promise<void>
  /** Seeded random weights by the golden rule, for tests and measurements; not kept. */
  synthesize(options: { model: 'full' | 'mini'; seed: number }): Promise<WeightInfo>
}

// Data -----------------------------------------------------------------------

export interface DataCalls {
  /**
   * Adds images to a class (made if new). Bad files are refused one by one, the rest kept.
   * `group`: they belong together (a scene, a patient) and stay on one side of the split.
   * `browserDecoded`: HEIC, AVIF and JPEG XL too, where this browser decodes them; their pixels may differ in another.
   */
  add(className: string, files: Iterable<Blob | File>, options?: { group?: string; browserDecoded?: boolean; onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<AddResult>
  /**
   * Looks at files of any kind, folders ('flowers/roses/1.jpg'), zips, tables of labels, without
   * taking any: what they would bring, and what can name the classes.
   * `encoding` is that of names in zips that do not say it; left out, it is found out.
   */
  survey(files: Iterable<{ path: string; file: Blob }>, options?: { encoding?: string; onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<Survey>
  /** Takes the files of the last survey. Cancelled, nothing of them stays. */
  take(survey: Survey, choice: TakeChoice, options?: { onProgress?: (p: Progress) => void; signal?: AbortSignal }): Promise<AddResult>
  /**
   * Images made by this project, labelled as generated: see list in `worlds()`.
   * `validation`: that many more a class, held back in every run (default: a share, as of all images).
   */
  addWorld(world: string, options?: { perClass?: number; validation?: number; seed?: number }): Promise<AddResult>
  /** A small picture: an image of each of the first four classes. */
  worldPicture(world: string): Promise<Blob>
  worlds(): Promise<WorldInfo[]>
  list(): Promise<DataInfo>
  /** A trained network's output is renamed with its class. To the name of another class: code 'exists', see merge. */
  rename(className: string, to: string): Promise<DataInfo>
  removeClass(className: string): Promise<DataInfo>
  remove(ids: number[]): Promise<DataInfo>
  /** Also ends what is adding images; nothing of that stays. */
  clear(): Promise<DataInfo>
  /** Into another class, made if new. */
  move(ids: number[], className: string): Promise<DataInfo>
  /** All images of one class into another; the first is gone then. */
  merge(from: string, into: string): Promise<DataInfo>
  /** Sets images aside: they stay, but no run trains on them or measures with them until include takes them back. */
  exclude(ids: number[]): Promise<DataInfo>
  include(ids: number[]): Promise<DataInfo>
  /** Images that look the same without being copies, in groups of ids: computed when asked, and only a hint. */
  alike(): Promise<number[][]>
  /** Makes images one group, which stays on one side of the split. */
  keepTogether(ids: number[]): Promise<DataInfo>
  /** Takes the last change of the images back (an add, too), or makes it again; `did`: "Undid: moved 3 images to roses." */
  undo(): Promise<DataInfo & { did: string }>
  redo(): Promise<DataInfo & { did: string }>
  /** Small JPEG or PNG for any image that was accepted, TIFF too. */
  thumbnail(id: number): Promise<Blob>
  /**
   * Measures the test set (images whose split is 'test'), which nothing else looks at, by the network in use. Fair
   * once, at the end: that it was measured is kept with the run and told by `tested`.
   */
  test(options?: PredictOptions): Promise<Predictions>
}
export interface WorldInfo {
  name: string; title: string; description: string; classes: string[]
  /** What freezing should cost on these classes, predicted before any run ('open': nothing is), and why. */
  expects?: 'little' | 'much' | 'open'; because?: string
}
/** What files would bring. */
export interface Survey {
  id: number
  pictures: number
  /** Files of operating systems. */
  passedOver: number
  /** Known by their first bytes; at most 500 of refusedCount. */
  refused: { name: string; reason: string }[]
  refusedCount: number
  /** Pictures that are not read here. Where this browser decodes them they count among the pictures, and come if TakeChoice.browserDecoded says so. */
  foreign: { format: 'HEIC' | 'AVIF' | 'JPEG XL'; count: number; browser: boolean }[]
  /** What can name the classes, likeliest first; none: give a className. */
  sources: LabelSource[]
  /** A question for a person, where the first source is a guess. */
  asks: string | null
  /** What can keep pictures on one side of the split together: a patient, a scene. */
  groups: { id: string; title: string; groups: number; example: string }[]
  /** The person's own division into training, validation and test. */
  sides: SideCounts | null
  /** How names in zips were read that do not say it. */
  encoding: { used: string; sure: boolean; choices: string[] } | null
  /** Where not all of them would fit into memory. */
  room: string | null
}

export interface SideCounts { drawn: number; train: number; validation: number; test: number }

export interface LabelSource {
  id: string
  title: string
  classes: ({ name: string; pictures: number; examples: string[] } & SideCounts)[]
  /** Pictures that it gives no label; they are not taken. */
  unlabelled: number
}

export interface TakeChoice {
  /** A LabelSource's id; or all into one class: */
  source?: string
  className?: string
  group?: string
  /** Keep the person's own division (default). */
  sides?: boolean
  /** Take pictures that only this browser can decode too (Survey.foreign); their pixels may differ in another. */
  browserDecoded?: boolean
}

export interface AddResult { accepted: number; refused: { name: string; reason: string }[]; data: DataInfo }
/**
 * split: 'test' is looked at only when a person asks, 'aside' is left out (see `warnings`).
 * group: stays on one side with others of it. excluded: set aside by hand, see exclude. browserDecoded: its pixels are what this browser makes of its file.
 */
export interface ImageInfo { id: number; name: string; split: 'train' | 'validation' | 'test' | 'aside'; group?: string; excluded?: true; browserDecoded?: true }
export interface DataInfo {
  classes: { name: string; images: ImageInfo[]; generated?: boolean }[]
  duplicates: { ids: number[]; conflict: boolean }[]   // same pixels; conflict: under two classes
  /** Why training cannot start yet, or null: one sentence. */
  problem: string | null
  warnings: string[]
  /** What undo and redo would do, in words: "moved 3 images to roses"; null: nothing. */
  undo: string | null; redo: string | null
  /** Measurements of the test set, one a network. */
  tested: Tested[]
}
/** How a network did on the test set; run: '' is the network as loaded; when: Unix milliseconds. */
export interface Tested { run: string; when: number; images: number; right: number; accuracy: number; interval: Interval; balancedAccuracy: number }

// Plans ----------------------------------------------------------------------

export type PlanSpec =
  | { preset: 'freeze-conv' | 'freeze-first-100' | 'unfreeze-all'; asWritten?: boolean; batchNorm?: BatchNormMode }
  | { preset: 'head-only'; batchNorm?: BatchNormMode }
  | { from: string; batchNorm?: BatchNormMode }                 // this block and all after it
  | { thaw: (string | [number, number])[]; batchNorm?: BatchNormMode }   // name patterns (block8_*), blocks, index ranges
  | { phases: Phase[] }                                         // one after the other, 1 to 50
/**
 * A part of a plan in time: a run trains its phases in turn, by one optimiser. Its count of steps
 * goes on for all, the moments of what learns on go on, those of what is frozen for some phases wait:
 * as in Keras with an optimizer that was built over all variables.
 * rate and rates: those of the options where left out. scaled: in each pass a block's rate is also
 * multiplied by its |gradient|/|weights|, as a share of the largest (measured on the pass's first 5 batches).
 */
export type Phase = Exclude<PlanSpec, { phases: any }> & { epochs: number; rate?: number; rates?: Record<string, number>; scaled?: boolean }
/** 'keras': a trainable BN uses batch statistics, a frozen one its running ones. */
export type BatchNormMode = 'keras' | 'inference' | 'batch'

export interface Plan {
  name: string                    // runs are named by their plan
  spec: PlanSpec
  sentence: string                // what is frozen and what learns, in one sentence
  trainable: number[]             // layer indices with something to learn
  batchStatistics: number[]       // batch-norm layers that run on batch statistics
  blocks: { name: string; parameters: number; trained: number; learns: 'frozen' | 'partly' | 'thawed'; batchStatistics: boolean; gradient: boolean; cached: boolean }[]
  cost: Cost
  /** Who will compute: 'simd', 'portable', or the GPU's name. */
  computes: string
  /** What is kept of a head that was trained before: outputs kept, new classes drawn, outputs whose classes are gone. null: the head is new. */
  head: { kept: number; drawn: string[]; dropped: string[] } | null
  /**
   * Of a plan in time, what each phase is and costs alone. All else is then of the whole: what learns in any
   * phase, the largest memory, work and time of a step and a pass as the mean over the passes.
   */
  phases?: (Plan & { epochs: number; rate: number; rates?: Record<string, number>; scaled: boolean })[]
}
export interface Cost {
  parameters: number; trained: number
  flops: { forward: number; inputGradient: number; filterGradient: number }  // one step
  cacheFlops: number              // once per image
  /** Images for which that was done by a run before, whatever they are labelled by now: they are not computed again. */
  cachedImages: number
  /** A pass, for TrainOptions.restate, which the seconds below include; 0: not asked for, or no batch norm is live. */
  restateFlops: number
  peakBytes: number               // exact: arena + state + cache + weights
  budgetBytes: number
  fits: boolean
  /** e.g. "needs 4.1 GB of 3.0 GB: batch 2 fits (2.6 GB)" */
  problem: string | null
  secondsPerStep: number | null   // estimate from this machine's speed, null until measured
  secondsPerEpoch: number | null
  /** Of a run's first pass, in which the features of the frozen prefix are computed, once per image. */
  secondsFirst: number | null
  /** Of all its passes. */
  secondsRun: number | null
}

// Training -------------------------------------------------------------------

export interface TrainOptions {
  epochs?: number; batch?: number; seed?: number              // 5, 8, 1; a plan in time has epochs of its own
  optimizer?: 'adam' | 'sgd'; rate?: number; momentum?: number // adam, 1e-3, 0.9
  /** Rate of the backbone relative to the head's (per-block rates: block name or pattern -> factor). */
  rates?: Record<string, number>
  labelSmoothing?: number; dropout?: number
  /** As Keras's class_weight: how much images of a class count in the loss. 'balanced': as sklearn, images / (classes * images of the class). */
  classWeight?: 'none' | 'balanced' | Record<string, number>
  /** shift, zoom, brightness: largest share (0.1 = 10 %); rotate: largest angle in degrees. */
  augment?: { flip?: boolean; shift?: number; zoom?: number; rotate?: number; brightness?: number }
  validation?: number             // share, 0.2
  /** Steps, passes and the end tell of every block: see Readings below. */
  readings?: boolean
  /** Numbers of their own for parts of what `seed` draws: which images are held back, the head's first values, the order of images (what varies them and dropout too). */
  seeds?: { split?: number; head?: number; order?: number }
  /** Each pass is evaluated a second time, with the statistics of live batch norms computed anew: `anew` of 'epoch'. Training stays the same, to the bit. */
  restate?: boolean
  /** Start from the network as it is now; else from the weights as loaded, so that runs can be compared. */
  continue?: boolean
}
export type TrainEvent =
  // steps: of the whole run, as is step below; epoch counts from 1. A loss that is no number is null.
  // Before it starts a run is prepared: it can be paused and cancelled there too.
  | { kind: 'started'; run: string; plan: Plan; steps: number; epochs: number; train: number; validation: number; done: number }  // steps of the whole run, and done where it goes on; images
  // A phase of a plan in time begins, after so many passes (epoch).
  | { kind: 'phase'; phase: number; of: number; epoch: number; plan: Plan }
  | { kind: 'cache'; done: number; total: number; secondsLeft: number | null }  // null before there is a measure
  | { kind: 'step'; step: number; epoch: number; loss: number; accuracy: number; seconds: number; secondsLeft: number | null; gflops: number; readings?: StepReadings }  // seconds without pauses
  // factors: of each block's rate, where scaled.
  | { kind: 'epoch'; epoch: number; loss: number; accuracy: number; validationLoss: number | null; validationAccuracy: number | null; balancedAccuracy: number | null; seconds: number; factors?: number[]; anew?: Restated; readings?: EpochReadings; series?: PassReadings }
  // Before 'done' of a run with readings.
  | ({ kind: 'lens' } & Looked)
  | { kind: 'paused' } | { kind: 'resumed' }
  // The GPU was lost: the run goes on with the processor behind that step.
  | { kind: 'moved'; step: number; computes: string; message: string }
  | { kind: 'done'; result: RunResult }
  | { kind: 'cancelled'; result: RunResult | null }
  | { kind: 'failed'; message: string; code?: string }
  /** Once a run: what is odd about it, as a sentence. The run goes on. */
  | { kind: 'warning'; step: number; message: string }
export interface Run {
  id: string
  pause(): Promise<void>; resume(): Promise<void>
  /** Ends at once; the network keeps the last whole step. */
  cancel(): Promise<void>
  done: Promise<RunResult | null>
}
/** The held-back images with statistics computed anew from so many training images: what differs from the evaluation beside it is drift, not learning. */
export interface Restated { loss: number | null; accuracy: number; images: number }
export interface RunResult {
  run: string; plan: string; epochs: number; steps: number; seconds: number; trained: number
  trainAccuracy: number; /** null: nothing was held back to measure on. */ validationAccuracy: number | null; validationLoss: number | null
  balancedAccuracy: number | null               // mean over the classes of what is recognised of each
  classes: string[]; confusion: number[][]      // [true][predicted], validation set
  /**
   * What stands behind `confusion`, in lists of one length: each held-back image's id, its label in the run and what was
   * said, as positions in `classes`, and that one's probability in thousandths. Of more than 4000 images mistakes come
   * first. Not of runs of weights that came with their history.
   */
  heldBack?: { ids: number[]; labels: number[]; said: number[]; sure: number[] }
}
/** run: whose network answered, '' as loaded. browserDecoded: the image's pixels are what this browser makes of its file. */
export interface Prediction { run: string; classes: { name: string; probability: number }[]; milliseconds: number; browserDecoded?: true }

export interface Explanation {
  run: string; class: string; probability: number
  classes: { name: string; probability: number }[]   // in the order of the outputs
  size: number; picture: Blob                          // a JPEG of the image as the network takes it, size by size pixels
  /**
   * Maps of the backbone's blocks: values, row by row, are thousandths of the largest, which is in logits (0: nothing speaks
   * for the class). To be enlarged to the image. agrees: correlation with the occlusion, from -1 to 1; null: not known.
   */
  blocks: { block: string; height: number; width: number; values: number[]; largest: number; agrees: number | null }[]
  /**
   * What of the probability goes when a grey patch of `patch` cells a side covers part of the image, which has `cells` a
   * side: mean of the patches that cover a cell, row by row; `most`: by the one that costs most.
   */
  occlusion: { cells: number; patch: number; values: number[]; most: number } | null
  milliseconds: number
}

export interface PredictOptions { onResult?: (answer: Answer) => void; onProgress?: (p: Progress) => void; signal?: AbortSignal }
/** What the network says of one of many pictures, or why it says nothing. */
export interface Answer {
  index: number; name: string        // -1: refused unread; name: with its folders
  refused?: string                   // a sentence; nothing of the below then
  label?: string                     // the right class by folder, table or file name
  class?: string; probabilities?: number[]   // in the order of Predictions.classes
  seen?: true                        // the same pixels are among the images to train on or validate with
  browserDecoded?: true
}
export interface Predictions {
  classes: string[]
  images: number; refused: number; passedOver: number
  of: number                         // pictures there are; more than were asked about where it was aborted
  /** What could name the right classes; known: pictures whose label the network knows. */
  sources: { id: string; title: string; known: number }[]
  source: string                     // '': none
  unlabelled: number
  /** Labels that the network does not know: asked about, and left out of the figures. */
  unknown: { name: string; pictures: number }[]
  seen: number
  figures: Figures | null            // null: no picture has a label that the network knows
  milliseconds: number
}
/** Of 95 %. */
export type Interval = [low: number, high: number]
/** Intervals of shares are Wilson's. balancedAccuracy: mean recall of the classes that have pictures. */
export interface Figures {
  images: number; right: number; accuracy: number; interval: Interval; balancedAccuracy: number
  classes: {
    name: string; images: number; predicted: number; right: number
    recall: number | null; recallInterval: Interval | null         // null: no pictures of it
    precision: number | null; precisionInterval: Interval | null   // null: never predicted
  }[]
  confusion: number[][]              // [true][predicted]
  curves: Curve[]                    // of two classes: each taken for positive in turn; else none
}
/** ROC. The area's interval is DeLong's; null where it would be a point (no pair out of order). */
export interface Curve {
  positive: string; positives: number; negatives: number
  area: number | null; interval: Interval | null
  /** By falling threshold; what has at least that probability is positive. At the first, 2, nothing is. At most 2000. */
  points: { threshold: number; truePositives: number; falsePositives: number }[]
}

// Readings: lists are in the order of Plan.blocks; null: there is no such figure for the block.
/** A figure with its 95 % interval. */
export interface Figure { value: number | null; low: number | null; high: number | null }
export interface StepReadings {
  gradient: (number | null)[]     // |dLoss/dOutput| over the batch, frozen or not; null where none is computed
  ratio: (number | null)[]        // |gradient| / |weights| of what learns
}
/** The network against that at the run's start. */
export interface EpochReadings {
  moved: (number | null)[]        // |w - w0| / |w0|
  /** Of batch norms on batch statistics, over channels: mean |mean - mean0| in deviations at the start, mean |log(variance/variance0)|. */
  drift: { layer: number; block: string; shift: number | null; logRatio: number | null }[]
  remaining: number               // of the statistics at the start, in these: 0.99^steps
}
/**
 * A pass's readings of every block, kept with the run (of 64 passes at most, then of every second): means of the steps'
 * gradient and ratio, moved at the end, and shift, the mean over the block's live batch norms.
 */
export interface PassReadings { gradient: (number | null)[]; ratio: (number | null)[]; moved: (number | null)[]; shift: (number | null)[] }
/**
 * Likeness is linear CKA without bias, of the held-back images (200 at most), of the backbone's blocks: 1 the same, 0 nothing
 * in common; empty where fewer than 8 are held back. `runs`: earlier ones with readings and the same images held back.
 */
export interface Looked {
  start: Figure[]
  runs: { run: string; blocks: Figure[] }[]
  /** Accuracy with the statistics of live batch norms computed anew from so many training images: was it drift? null: none is live. */
  anew: { accuracy: Figure; images: number } | null
}
export interface Probe {
  /**
   * Of the backbone. leftOut: share of the training images that is recognised, each left out of the fit. gap: how far the
   * statistics of these images are from those that its batch norms have stored, in standard deviations.
   */
  blocks: { block: string; accuracy: Figure; leftOut: number; penalty: number; gap: number | null }[]
  train: number; heldBack: number  // images, 500 of each at most
  chance: number                   // share that one answer for all gets right
  seconds: number
  /**
   * What freezing the backbone will cost against thawing all of it, in accuracy (0.05: 5 points), with low to high holding it
   * with the chance sure, and much: the chance of more than 5 points. Fitted on small networks and generated images of four
   * classes (testdata/lesson): null for full.
   */
  forecast: { cost: number; low: number; high: number; sure: number; much: number } | null
}

// Benchmark ------------------------------------------------------------------

export interface BenchmarkOptions {
  model?: 'full' | 'mini'; plan?: PlanSpec; size?: number; batch?: number; steps?: number
  classes?: number; backend?: 'simd' | 'portable' | 'webgpu'; threads?: number
  /** Does only this, `steps` times after once, for whoever times it from outside: it gives no Benchmark. */
  only?: 'forward' | 'step'
}
/** Medians over `steps`, on synthesized weights and images. */
export interface Benchmark {
  forwardMs: number; stepMs: number; forwardFlops: number; stepFlops: number
  peakBytes: { arena: number; memory: number }
  backend: string; threads: number
  /** What this machine's registers could do at most, measured in the same run; 0: not known. */
  limitGflops: number
  /** One step, by kind of op and shape of convolution ('' for other ops). */
  ops: { kind: string; shape: string; count: number; ms: number; flops: number }[]
}
