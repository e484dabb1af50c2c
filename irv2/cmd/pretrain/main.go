// Command pretrain trains mini from nothing, with this project's own engine: the weights
// that the page brings along.
//
//	go run ./irv2/cmd/pretrain -out build/mini.safetensors                        generated images
//	go run ./irv2/cmd/pretrain -data DIR -steps 8450 -out build/mini-photo.safetensors   photographs
//
// DIR holds train and val, as folders or as zips, with a folder for each class, or is
// tiny-imagenet-200 as published. -name and -terms say in the model card what these
// photographs are called and under which terms they may be used.
//
// With -judge FILE nothing is trained: a linear classifier on the frozen features of FILE
// tells apart the folders of classes in DIR (judge.go).
//
//	go run ./irv2/cmd/pretrain -judge web/models/mini-photo.safetensors -data DIR
//
// It saves a checkpoint every few minutes and goes on from it when started again.
// A run is a function of its data, seed, steps and thread count, bit for bit.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"time"

	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

func main() {
	log.SetFlags(0)
	var r recipe
	flag.Uint64Var(&r.Seed, "seed", 1, "seed of initial weights and order of images")
	flag.IntVar(&r.Steps, "steps", 4500, "training steps")
	flag.IntVar(&r.Batch, "batch", 128, "images per step")
	flag.Float64Var(&r.Rate, "rate", 3e-3, "peak learning rate")
	flag.StringVar(&r.Data, "data", "", "folder of photographs; empty: generated images")
	var origin source
	flag.StringVar(&origin.name, "name", "", "what the photographs are called, for the model card")
	flag.StringVar(&origin.terms, "terms", "", "under which terms they may be used, for the model card")
	threads := flag.Int("threads", 0, "cores, 0: all")
	out := flag.String("out", "build/mini-seed1.safetensors", "weights file; checkpoint and model card stand beside it")
	judged := flag.String("judge", "", "judge the features of this weights file by the folders of classes in -data, and train nothing")
	flag.Parse()
	if *judged != "" {
		j, err := judge(*judged, r.Data, program.OnHost(kernels.NewPortable(*threads)))
		if err != nil {
			log.Fatal("pretrain: ", err)
		}
		fmt.Println(j)
		return
	}
	if err := run(r, origin, *threads, *out); err != nil {
		log.Fatal("pretrain: ", err)
	}
}

func run(r recipe, origin source, threads int, out string) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	var of pictures = generated{worlds.Source}
	if r.Data != "" {
		read, err := readPhotos(r.Data)
		if err != nil {
			return err
		}
		log.Printf("%d photographs of %d classes, %d to validate with", len(read.training), len(read.names), len(read.validation))
		read.source = origin
		of = read
	}
	t, err := newTrainer(r, of, program.OnHost(kernels.NewPortable(threads)))
	if err != nil {
		return err
	}
	checkpoint := out + ".checkpoint"
	switch err := t.load(checkpoint); {
	case err == nil:
		log.Printf("going on from step %d of %s", t.Step, checkpoint)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	feed := t.feed()
	started, from, saved := time.Now(), t.Step, time.Now()
	for t.Step < r.Steps {
		loss, accuracy, err := t.learn(<-feed)
		if err != nil {
			return err
		}
		if t.Step%50 == 0 {
			perStep := time.Since(started) / time.Duration(t.Step-from)
			log.Printf("step %5d of %d: loss %.3f, accuracy %5.1f %%, %d images/s, %s left", t.Step, r.Steps, loss, 100*accuracy,
				int(float64(r.Batch)/perStep.Seconds()), (perStep * time.Duration(r.Steps-t.Step)).Round(time.Second))
		}
		if t.Step%1000 == 0 {
			e, err := t.evaluate(t.watched())
			if err != nil {
				return err
			}
			log.Printf("step %5d: %.2f %% of %d watched images", t.Step, 100*e.Accuracy, t.watched().n)
		}
		if time.Since(saved) > 3*time.Minute {
			if err := t.save(checkpoint); err != nil {
				return err
			}
			saved = time.Now()
		}
	}
	card, err := t.card()
	if err != nil {
		return err
	}
	if err := t.write(out, card); err != nil {
		return err
	}
	raw, _ := json.MarshalIndent(card, "", " ")
	if err := os.WriteFile(out+".json", append(raw, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Printf("%.2f %% of %d fresh images; %s\n", 100*card.Accuracy, card.Images, out)
	return t.save(checkpoint)
}
