package main

import (
	"encoding/json"
	"errors"
	"os"

	"github.com/hack-pad/safejs"

	"thaw/irv2/images"
	"thaw/wasm/jsutil"
)

// Both ends of decoding in workers: what they answer, where this program is one of them,
// and who asks them.

// asDecoder says that the program was started by web/decoder.js.
func asDecoder() bool { return len(os.Args) > 1 && os.Args[1] == "decoder" }

// decoderAnswer is what came of a job; pixels go beside it.
type decoderAnswer struct {
	Picture *images.Decoded
	Refusal *decoderRefusal
}

type decoderRefusal struct {
	Name, Reason, Text string
}

// answerJobs is what a decoder does, one job after the other, as none gives way.
func answerJobs() {
	receive, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		go answerJob(args[0])
		return nil
	})
	if err == nil {
		_, err = safejs.Global().Call("thawReady", receive)
	}
	if err != nil {
		panic(err)
	}
}

func answerJob(message safejs.Value) {
	job := images.Job{}
	err := json.Unmarshal([]byte(jsutil.String(jsutil.Prop(message, "job"))), &job)
	if err == nil {
		job.Data, err = jsutil.BytesToGo(jsutil.Prop(message, "bytes"))
	}
	if err != nil {
		panic(err)
	}
	answer, pixels := decoderAnswer{}, safejs.Undefined()
	if answer.Picture, err = job.Decode(nil); err == nil {
		if pixels, err = jsutil.BytesToJS(answer.Picture.Pixels); err != nil {
			panic(err)
		}
	} else {
		r := err.(*images.Refusal)
		answer.Refusal = &decoderRefusal{r.Name, string(r.Reason), r.Text}
	}
	text, err := json.Marshal(answer)
	if err == nil {
		_, err = safejs.Global().Call("thawDecoded", jsutil.Prop(message, "id"), string(text), pixels)
	}
	if err != nil {
		panic(err)
	}
}

// decoders are workers (web/decoders.js): images.Decoders.
type decoders struct {
	workers safejs.Value
	n       int
}

// mostDecoders bounds their memory: photographs of 12 megapixels take each some 0.1 GB.
const mostDecoders = 8

// startDecoders makes room for n decoders, which start as they are asked; less than 0: one
// for each core. nil: there shall be none.
func startDecoders(n int) images.Decoders {
	if n < 0 {
		n = jsutil.Int(jsutil.Prop(jsutil.Prop(safejs.Global(), "navigator"), "hardwareConcurrency"))
	}
	n = min(n, mostDecoders)
	workers, err := safejs.Global().Call("thawDecoders", n)
	if n < 1 || err != nil {
		return nil
	}
	return &decoders{workers, n}
}

// AtOnce gives each a second job, so that none waits while this thread reads a file.
func (d *decoders) AtOnce() int { return 2 * d.n }

func (d *decoders) Close() { d.workers.Call("close") }

func (d *decoders) Decode(j *images.Job) (*images.Decoded, error) {
	bytes, err := jsutil.BytesToJS(j.Data)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	promise, err := d.workers.Call("decode", bytes, string(text))
	if err != nil {
		return nil, err
	}
	reply, err := jsutil.Await(promise)
	if err != nil {
		switch err.Error() {
		case "died":
			err = images.ErrDied
		case "again":
			err = images.ErrAgain
		}
		return nil, err
	}
	var answer decoderAnswer
	if err := json.Unmarshal([]byte(jsutil.String(jsutil.Prop(reply, "answer"))), &answer); err != nil {
		return nil, err
	}
	if r := answer.Refusal; r != nil {
		return nil, &images.Refusal{Name: r.Name, Reason: images.Reason(r.Reason), Text: r.Text}
	}
	if answer.Picture == nil {
		return nil, errors.New("a decoder answered nothing")
	}
	answer.Picture.Pixels, err = jsutil.BytesToGo(jsutil.Prop(reply, "pixels"))
	return answer.Picture, err
}
