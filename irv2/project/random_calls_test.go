package project

import (
	"bytes"
	"context"
	"encoding/json"
	"math"

	"pgregory.net/rapid"

	"thaw/irv2/worlds"
)

func (h *hand) calls() map[string]func(*rapid.T) {
	edit := func(do func(t *rapid.T) (DataInfo, error)) func(*rapid.T) {
		return func(t *rapid.T) {
			h.call(t, func(context.Context) error { _, err := do(t); return err })
		}
	}
	return map[string]func(*rapid.T){
		"":             h.consistent,
		"add":          h.add,
		"add world":    h.addWorld,
		"survey":       h.survey,
		"take":         h.take,
		"rename":       edit(func(t *rapid.T) (DataInfo, error) { return h.p.RenameClass(h.class(t), h.class(t)) }),
		"merge":        edit(func(t *rapid.T) (DataInfo, error) { return h.p.MergeClasses(h.class(t), h.class(t)) }),
		"remove class": edit(func(t *rapid.T) (DataInfo, error) { return h.p.RemoveClass(h.class(t)) }),
		"move":         edit(func(t *rapid.T) (DataInfo, error) { return h.p.MoveImages(h.ids(t), h.class(t)) }),
		"remove":       edit(func(t *rapid.T) (DataInfo, error) { return h.p.RemoveImages(h.ids(t)) }),
		"together":     edit(func(t *rapid.T) (DataInfo, error) { return h.p.KeepTogether(h.ids(t)) }),
		"exclude":      edit(func(t *rapid.T) (DataInfo, error) { return h.p.ExcludeImages(h.ids(t)) }),
		"include":      edit(func(t *rapid.T) (DataInfo, error) { return h.p.IncludeImages(h.ids(t)) }),
		"clear": func(t *rapid.T) {
			if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
				h.p.ClearImages()
			}
		},
		"undo": func(t *rapid.T) {
			h.call(t, func(ctx context.Context) error { _, err := h.p.Undo(ctx); return err })
		},
		"redo": func(t *rapid.T) {
			h.call(t, func(ctx context.Context) error { _, err := h.p.Redo(ctx); return err })
		},
		"there and back": h.thereAndBack,
		"alike": func(t *rapid.T) {
			h.call(t, func(ctx context.Context) error { _, err := h.p.Alike(ctx); return err })
		},
		"thumbnail": func(t *rapid.T) {
			h.call(t, func(context.Context) error { _, err := h.p.Thumbnail(h.ids(t)[0]); return err })
		},
		"configure": h.configure,
		"plan":      h.plan,
		"train":     h.train,
		"steer":     h.steer,
		"predict":   h.predict,
		"explain": func(t *rapid.T) {
			h.call(t, func(ctx context.Context) error {
				id := h.ids(t)[0]
				_, err := h.p.Explain(ctx, ExplainChoice{Image: &id, Class: odd(t), Before: rapid.SampledFrom([]string{"", "start", "loaded", "?"}).Draw(t, "before")}, nil, nobody)
				return err
			})
		},
		"export":  h.export,
		"reset":   func(t *rapid.T) { h.call(t, h.p.Reset) },
		"name":    h.name,
		"weights": h.weights,
		"use way": func(t *rapid.T) { h.call(t, func(context.Context) error { return h.p.Use(odd(t)) }) },
		"less memory": func(t *rapid.T) {
			h.p.Memory = rapid.SampledFrom([]int64{0, 0, 1 << 20, 64 << 20, 1 << 40}).Draw(t, "memory")
		},
	}
}

func nobody(int64, int64) {}

func (h *hand) add(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		from, err := Files(h.class(t), h.files(t))
		if err == nil {
			_, err = h.p.AddImages(ctx, from, nobody)
		}
		return err
	})
}

func (h *hand) addWorld(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		from, err := World(worlds.Near, often(t, "per class", 1, wholes), often(t, "validation", 0, []int{1, -1, math.MaxInt, math.MinInt}), often(t, "seed", 3, []uint64{0, 1 << 44, math.MaxUint64}))
		if err == nil {
			_, err = h.p.AddImages(ctx, from, nobody)
		}
		return err
	})
}

func (h *hand) survey(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		s, err := h.p.Survey(ctx, h.files(t), odd(t), nobody)
		if err == nil {
			h.surveys = append(h.surveys, s.ID)
		}
		return err
	})
}

func (h *hand) take(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		id := rapid.SampledFrom(append(h.surveys, -1, math.MaxInt)).Draw(t, "survey")
		if n := len(h.surveys); n > 0 && rapid.Bool().Draw(t, "last") {
			id = h.surveys[n-1]
		}
		choice := TakeChoice{Source: rapid.SampledFrom(append(texts, "folder:0", "folder:last")).Draw(t, "source"), Sides: true}
		choice.ClassName, choice.Group = often(t, "class name", "", texts), often(t, "group", "", texts)
		_, err := h.p.Take(ctx, id, choice, nobody)
		return err
	})
}

// thereAndBack: undo and redo together change nothing.
func (h *hand) thereAndBack(t *rapid.T) {
	before := h.state(t)
	if _, err := h.p.Undo(context.Background()); err != nil {
		sentenceOf(t, err)
		return
	}
	h.consistent(t)
	if _, err := h.p.Redo(context.Background()); err != nil {
		t.Fatalf("what was undone is not done again: %v", err)
	}
	if after := h.state(t); h.run == nil && after != before {
		t.Fatalf("undone and done again\n%s\nis\n%s", before, after)
	}
}

func (h *hand) configure(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		var c Change
		if rapid.Bool().Draw(t, "size") {
			size := often(t, "size", rapid.SampledFrom([]int{32, 40}).Draw(t, "pixels"), wholes)
			c.Size = &size
		}
		if rapid.Bool().Draw(t, "dense") {
			dense := often(t, "dense", rapid.SampledFrom([]int{0, 16}).Draw(t, "units"), wholes)
			c.Dense = &dense
		}
		if rapid.IntRange(0, 9).Draw(t, "model") == 0 {
			model := odd(t)
			c.Model = &model
		}
		return h.p.Configure(ctx, c)
	})
}

func (h *hand) plan(t *rapid.T) {
	h.call(t, func(context.Context) error {
		plan, err := h.p.Plan(h.spec(t), h.options(t))
		if err != nil {
			return err
		}
		if _, err := json.Marshal(plan); err != nil {
			t.Fatalf("%v", err)
		}
		if plan.Cost.PeakBytes <= 0 || plan.Cost.Flops.Forward <= 0 || plan.Cost.Fits != (plan.Cost.Problem == nil) {
			t.Fatalf("%+v", plan.Cost)
		}
		return nil
	})
}

func (h *hand) train(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		if h.run != nil && h.p.Run() == nil {
			h.ended(t)
		}
		o := h.options(t)
		if h.run == nil {
			h.events = nil
		}
		r, err := h.p.Train(ctx, h.spec(t), o, func(e Event) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.events = append(h.events, e)
		})
		if err == nil {
			h.run = r
		}
		return err
	})
}

// steer pauses, resumes, cancels the run, or waits for its end where that is near.
func (h *hand) steer(t *rapid.T) {
	if h.run == nil {
		_, err := h.p.Named(odd(t))
		sentenceOf(t, err)
		return
	}
	switch rapid.IntRange(0, 4).Draw(t, "steer") {
	case 0:
		h.run.Pause()
	case 1:
		h.run.Resume()
	case 2:
		h.run.Cancel()
		h.ended(t)
	default:
		if h.run.total() < 10 {
			h.run.Resume()
			h.ended(t)
		}
	}
}

func (h *hand) predict(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		content := rapid.SampledFrom([][]byte{h.photo, h.photo, nil, []byte("text")}).Draw(t, "content")
		prediction, err := h.p.Predict(ctx, func() (string, []byte, error) { return "file", content, nil })
		if err != nil {
			return err
		}
		sum := 0.0
		for _, c := range prediction.Classes {
			sum += float64(c.Probability)
		}
		if len(prediction.Classes) != len(h.p.network.current.outputs) || !(math.Abs(sum-1) < 1e-3) {
			t.Fatalf("%+v", prediction)
		}
		return nil
	})
}

func (h *hand) export(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		var b bytes.Buffer
		return h.p.Export(ctx, rapid.SampledFrom([]string{"safetensors", "h5", "onnx", "", long}).Draw(t, "format"), &b)
	})
}

func (h *hand) name(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		_, err := h.p.NameOutputs(ctx, rapid.SliceOfN(rapid.SampledFrom(append(texts, "c", "d")), 0, 5).Draw(t, "names"))
		return err
	})
}

// weights come from what was exported, kept or drawn.
func (h *hand) weights(t *rapid.T) {
	h.call(t, func(ctx context.Context) error {
		var err error
		switch rapid.IntRange(0, 4).Draw(t, "weights") {
		case 0:
			_, err = h.p.Synthesize(ctx, often(t, "model", "mini", texts), rapid.Uint64().Draw(t, "seed"))
		case 1:
			var b bytes.Buffer
			if err = h.p.Export(context.Background(), "safetensors", &b); err != nil {
				return err
			}
			var info WeightInfo
			if info, err = h.p.Import(ctx, "", func() (string, File, error) { return "file", inMemory(b.Bytes()), nil }, nil); err == nil {
				h.kept = append(h.kept, info.ID)
			}
		case 2:
			_, err = h.p.UseWeights(ctx, rapid.SampledFrom(append(h.kept, texts...)).Draw(t, "id"), nil)
		case 3:
			err = h.p.RemoveWeights(ctx, rapid.SampledFrom(append(h.kept, append(texts, Builtins()[0].ID)...)).Draw(t, "id"))
		case 4:
			_, err = h.p.ListWeights(ctx)
		}
		return err
	})
}
