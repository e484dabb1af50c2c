// The page, a client of the public module thaw.js. Read in this order: store.js (state),
// then the panels: images.js, map.js with freeze.js, runs.js with run.js.
//
// Hooks for tests, each an id and a data-testid unless said otherwise:
//   images   #drop #pick-folder #pick-images #new-class-name, #classes > [data-class="name"]
//            (inside: .class-name, [data-testid="count"] [data-testid="class-camera"]), #refused, #duplicates,
//            [data-testid="images-undo"] [data-testid="images-redo"], in #class-dialog: [data-image-item="id"]
//            [data-testid="move-to"] [data-testid="move"] [data-testid="remove-chosen"] [data-testid="choose-all"],
//            in #duplicates: [data-right="class"] [data-testid="remove-copies"], #alike: [data-testid="look-alike"],
//            [data-world="name"], #preview-dialog: [data-testid="preview-add"] [data-class-preview="name"] #which-class,
//            #pick-camera, in #camera-dialog: [data-testid="camera-record"] [data-testid="camera-count"]
//            #offer: [data-testid="offer-use"] [data-testid="offer-back"], another network that comes with the page
//   weights  #weights-open, in its dialog: #file-weights, [data-weights="id"], #random-seed;
//            [data-testid="random-weights"] where there are none yet
//   network  #model #size, [data-block="block8_1"] with data-learns="frozen|partly|thawed" and,
//            until the plan is there, data-pending,
//            [data-group-button="block8"], #freeze-line, input[data-testid="preset-head-only"],
//            [data-testid="as-written"] [data-testid="as-meant"], #batch-norm, #patterns,
//            #keras-code, #code-open and in its dialog [data-testid="code-text"] [data-testid="code-result"] [data-testid="code-use-3-0"], #undo #redo, #map-of while a run's plan is shown,
//            #plan-sentence, [data-cost="trained|work|memory|time"], #set-epochs and so on
//            A field that is refused has aria-invalid, and says why in #<id>-problem
//   phases   #schedule, and in it once opened: [data-testid="schedule-lp-ft"] and so on, [data-phase-row="1"], #phase-0-epochs -rate -rates -scaled -plan,
//            #phase-add #phase-none [data-testid="schedule-total"]; on the map [data-block] with data-phase
//   inside   #inside, and in it once opened: #probe #reading #compared #reading-chart #reading-more,
//            #reading-table tr[data-of="block8_1"]
//   compare  #compare-run #compare-anew, [data-guess="little|some|much"], [data-testid="verdict"] when it is over, [data-kind="prediction"]
//   runs     #train (aria-disabled; the reason is in #why, what is kept of a head in #head-start) #pause #cancel #run-progress,
//            #run-table tr[data-run="A"] with data-status, #confusion (inside: [data-testid="pairs"], [data-testid="heat"]), #predict-file,
//            [data-prediction="name"], of many files #predictions (in it: [data-testid="figures"], tr[data-answer="path"] with data-wrong,
//            [data-testid="predictions-filter"] [data-testid="predictions-csv"] [data-testid="threshold"]), #test-set [data-testid="measure-test"], #download #reset, #other-formats (#download-keras, -h5, -onnx, -tfjs, -timm)
//   repeat   #repeat (in it [data-testid="repeat-open"] [data-testid="repeat-go-on"] [data-testid="two-runs"]), #experiment-dialog once opened: [data-plan="name"]
//            #experiment-seeds #experiment-start [data-testid="experiment-go-on|-pause|-cancel|-plans|-pairs|-runs|-json|-csv"] #experiment-file; #two-runs-dialog
//   engine   #engine, #way: who computes, where there is a GPU; #build: version, digest of the engine
//   projects #project (inside: #projects-open, [data-testid="keeping"]), in #projects-dialog: [data-testid="project-name"] [data-testid="project-save"]
//            [data-testid="project-new"] [data-testid="project-remove"] [data-project="id"] #project-file; #interrupted: [data-testid="go-on"]
//            [data-testid="leave-it"]; in #run-table: [data-testid="use-run"] [data-testid="using"]
//   guides   [data-testid="guides"] [data-testid="make-link"], then #guide (inside: [data-guide="key"] [data-testid="guide-act"]
//            [data-testid="guide-claim"] [data-answer="0"] [data-testid="guide-see"] [data-testid="guide-answer"], #link-made)
//   both     #notice > li[data-level], #live; body[data-ready] once the engine is there and
//            kept weights are loaded
import { open } from '../thaw.js'
import { startCompare } from './compare.js'
import { startConfusion } from './confusion.js'
import { startCost } from './cost.js'
import { startCurves } from './curves.js'
import { byID } from './dom.js'
import { startDownloads } from './downloads.js'
import { startDrops } from './drop.js'
import { followLink, startGuide } from './guide.js'
import { startImages } from './images.js'
import { startInside } from './inside.js'
import { engineChanged, engineEnded, startEngine } from './engine.js'
import { addFound, startPaste } from './intake.js'
import { startInterrupted } from './interrupted.js'
import { startLayers } from './layers.js'
import { startLink } from './link.js'
import { startMap } from './map.js'
import { configure, startModel } from './model.js'
import { startHistory } from './history.js'
import { guarded, notice, startNotices } from './notices.js'
import { startOffer } from './offer.js'
import { startOffline } from './offline.js'
import { startPlanning } from './planning.js'
import { predict, startPredict } from './predict.js'
import { startPresets } from './presets.js'
import { startRepeat } from './repeat.js'
import { startRuns } from './runs.js'
import { change, startSettings } from './settings.js'
import { sortOut } from './sort.js'
import { set, state, watch } from './store.js'
import { reopen, startProjects } from './projects.js'
import { bringProject, startProjectsDialog } from './projects-dialog.js'
import { startTable } from './table.js'
import { startTabs } from './tabs.js'
import { startTips } from './tips.js'
import { startWeights } from './weights-panel.js'
import { importWeights, lastModel, useFirst, useKept } from './weights.js'

const takers = {
  weights: files => (files.length > 1 ? importWeights(files) : importWeights(files[0].file)),
  foreign: sentence => notice('warning', sentence),
  project: bringProject,
  files: addFound,
  predict,
}

startLink()
startNotices() // before tips: Escape closes an open tip alone
startTips()
startTabs()
startSettings()
startModel()
startWeights()
startMap()
startHistory()
startInside()
startLayers()
startPresets()
startCost()
startPlanning()
startImages(found => guarded(() => sortOut(found, takers)))
startRuns()
startInterrupted()
startOffer() // behind runs: they say whether the network is trained
startDownloads()
startCompare()
startCurves()
startTable()
startRepeat()
startConfusion()
startPredict()
startDrops(takers, guarded)
startPaste(found => guarded(() => sortOut(found, takers)))
startProjects()
startProjectsDialog()
startGuide()
startOffline()
startEngine()
boot()

async function boot() {
  const asked = new URLSearchParams(location.search)
  const backend = asked.get('backend') ?? undefined
  const thaw = await guarded(() => open({ backend, measure: asked.has('measure'), onNotice: ({ level, message, ended }) => (ended ? engineEnded(message) : notice(level, message)), onEngine: engineChanged, onKeeping: keeping => set({ keeping }) }))
  if (!thaw) {
    byID('engine').textContent = 'not running'
    set({ loading: 'The engine did not start: use a current browser, and reload the page.' })
    return
  }
  performance.mark('engine') // with 'ready': what start-up takes, see TestPageStartsFast
  set({ thaw })
  const worlds = guarded(() => thaw.data.worlds())
  if (!location.hash.includes('model=') && lastModel()) change({ model: lastModel() })
  await configure()
  await guarded(async () => set({ kept: await thaw.weights.list(), data: await thaw.data.list() }))
  set({ loading: null })
  if (!(await reopen())) await useFirst()
  set({ worlds: (await worlds) ?? [] }) // their pictures take the engine some time to draw
  // Another network later: its kept weights load as they do at the start.
  watch(['model'], () => state.loading === null && !state.changing && !state.active && useKept())
  document.body.dataset.ready = ''
  performance.mark('ready')
  await guarded(followLink)
}
