package main

import "testing"

// These tests call the public module as another page would.

func TestModuleTrains(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	type outcome struct {
		Kinds  []string
		Result struct {
			Epochs, Steps      int
			ValidationAccuracy float64
			Classes            []string
			Confusion          [][]int
		}
		Prediction struct {
			Classes []struct {
				Name        string
				Probability float64
			}
		}
	}
	got := eval[outcome](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		await thaw.data.addWorld('margin', { perClass: 6 })
		const events = []
		const run = await thaw.train({ preset: 'head-only' }, { epochs: 2, batch: 4 }, e => events.push(e))
		const result = await run.done
		const { data } = { data: await thaw.data.list() }
		const image = await thaw.data.thumbnail(data.classes[0].images[0].id)
		const prediction = await thaw.predict(image)
		return { Kinds: events.map(e => e.kind), Result: result, Prediction: prediction }`)
	t.Log(got)
	if got.Result.Epochs != 2 || got.Kinds[0] != "started" || got.Kinds[len(got.Kinds)-1] != "done" {
		t.Errorf("got %+v", got)
	}
	b.checkStayedHome()
}
