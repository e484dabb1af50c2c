// Package main is Thaw's engine in the page's worker: it answers the calls of
// web/PROTOCOL.md with a project (package irv2/project), and adds what that must not
// know: messages, files of the page, IndexedDB, fetch, threads.
//
// Read main_js.go (the calls), rpc_js.go (a message becomes a call), engine_js.go
// (the project behind the calls), then a file per group of calls: network_js.go (model,
// plan, runs, what comes of them), weights_js.go, data_js.go, projects_js.go,
// benchmark_js.go. The way to JavaScript is eventloop_js.go, progress_js.go, blob_js.go,
// shelf_js.go, places_js.go, locks_js.go, slab_js.go, decoder_js.go, fetch_js.go and package
// jsutil; machine_js.go and device_js.go choose who computes; gpu_js.go stands for the GPU
// in the build that has it (tag gpu), gpu_none_js.go in the other.
package main

import (
	"runtime/debug"

	"thaw/irv2/project"
	"thaw/irv2/release"
)

// version is reported by open.
const version = release.Version

func main() {
	// Nearly all memory is a few large arrays without pointers: collecting often costs
	// little, and waiting until garbage is as large as they are would cost gigabytes.
	debug.SetGCPercent(20)
	if asDecoder() {
		answerJobs()
		select {}
	}
	e := newEngine()
	listen(map[string]call{
		"open":               e.open,
		"engine.use":         e.use,
		"model.configure":    e.configure,
		"model.describe":     e.describe,
		"model.nameOutputs":  e.nameOutputs,
		"recognise":          e.recognise,
		"weights.list":       e.listWeights,
		"weights.import":     e.importWeights,
		"weights.use":        e.useWeights,
		"weights.remove":     e.removeWeights,
		"weights.synthesize": e.synthesizeWeights,
		"data.add":           e.addImages,
		"data.survey":        e.survey,
		"data.take":          e.take,
		"data.addWorld":      e.addWorld,
		"data.worlds":        e.worlds,
		"data.worldPicture":  e.worldPicture,
		"data.list":          e.listData,
		"data.rename":        e.renameClass,
		"data.removeClass":   e.removeClass,
		"data.remove":        e.removeImages,
		"data.clear":         e.clearData,
		"data.move":          e.moveImages,
		"data.merge":         e.mergeClasses,
		"data.exclude":       exclude(e.ExcludeImages),
		"data.include":       exclude(e.IncludeImages),
		"data.alike":         e.alike,
		"data.keepTogether":  e.keepTogether,
		"data.undo":          e.undo,
		"data.redo":          e.redo,
		"data.thumbnail":     e.thumbnail,
		"data.test":          e.measureTest,
		"projects.list":      e.listProjects,
		"projects.open":      e.openProject,
		"projects.begin":     e.newProject,
		"projects.rename":    e.renameProject,
		"projects.duplicate": e.duplicateProject,
		"projects.remove":    e.removeProject,
		"projects.export":    e.exportProject,
		"projects.import":    e.importProject,
		"projects.note":      e.notePage,
		"projects.kept":      e.waitKept,
		"projects.goOn":      e.goOn,
		"projects.forget":    e.forget,
		"projects.useRun":    e.useRun,
		"experiment.get":     e.experiment,
		"experiment.start":   e.runExperiment,
		"experiment.repeat":  e.runExperiment,
		"experiment.goOn":    e.runExperiment,
		"experiment.forget":  e.forgetExperiment,
		"experiment.pause":   e.steerExperiment((*project.Experiment).Pause),
		"experiment.resume":  e.steerExperiment((*project.Experiment).Resume),
		"experiment.cancel":  e.steerExperiment((*project.Experiment).Cancel),
		"plan":               e.plan,
		"train":              e.train,
		"probe":              e.probe,
		"run.pause":          e.steer((*project.Run).Pause),
		"run.resume":         e.steer((*project.Run).Resume),
		"run.cancel":         e.steer((*project.Run).Cancel),
		"predict":            e.predict,
		"explain":            e.explain,
		"predictFiles":       e.predictFiles,
		"predicted":          e.predicted,
		"predictedThumbnail": e.askedThumbnail,
		"export":             e.export,
		"reset":              e.reset,
		"benchmark":          e.benchmark,
	})
	select {} // the worker lives until the page closes it
}
