package tune

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/kernels"
	"thaw/kernels/program"
	"thaw/kernels/splitmix"
)

// Session is one run. It belongs to one goroutine.
type Session struct {
	*Layout
	weights *irv2.Weights
	data    Data
	memory  program.Memory
	rates   func(*irv2.Param) float64
	factors []float64            // of each block's rate in the pass at hand, nil: 1; see scale
	aside   map[string][]float32 // moments that no program of this phase holds, by their names
	image   []float32            // one, on its way to the memory
	ready   batch                // images that are there already

	cachedTo   [2]int  // images of a split whose features stand in its cache
	evaluation float64 // work of evaluating in that of a step

	steps   int // done
	history []Epoch
	clock   clock
}

// Epoch is what an epoch showed.
type Epoch struct {
	Epoch          int     // from 1
	Loss, Accuracy float64 // over the epoch's steps, as Keras shows them: the loss weighted by class, not the accuracy
	Validation     *Evaluation
	Seconds        float64
	Factors        []float64 // of each block's rate, where Options.Scaled
}

// Event tells how a run goes. Exactly one field is set.
type Event struct {
	Cache *CacheEvent
	Step  *StepEvent
	Epoch *Epoch
}

// CacheEvent: features of Done of Total images are there. Computed of them were computed by
// this run of the session, in so many seconds.
type CacheEvent struct {
	Done, Total int
	Computed    int
	Seconds     float64
	SecondsLeft *float64 // nil before it is known
}

// StepEvent: step Step (from 1) of epoch Epoch (from 1) is done. Seconds are without pauses.
type StepEvent struct {
	Step, Epoch    int
	Images         int     // of this batch
	Loss, Accuracy float64 // of this batch
	Seconds        float64
	SecondsLeft    *float64          // nil before it is known
	Blocks         []compile.Reading // of this batch, in the order of Model.Blocks; nil without Options.Readings
}

// New allocates a session on the layout's machine. Training changes weights, which
// must be of the plan's model; on a machine with memory of its own they change when
// Fetch brings them back.
func New(l *Layout, weights *irv2.Weights, data Data) (*Session, error) {
	kept, programs := l.programs()
	memory, err := l.machine.Load(weights.Data, kept, programs...)
	if err != nil {
		return nil, err
	}
	size := l.Plan.Model.Config.Size
	batches := (l.Counts[Validation] + l.batch() - 1) / l.batch()
	works := l.works()
	return &Session{Layout: l, weights: weights, data: data, memory: memory, clock: clock{began: time.Now()},
		evaluation: float64(batches) * float64(works.evaluation.Bytes) / float64(works.step.Bytes),
		rates:      l.Options.rates(l.Plan.Model), image: make([]float32, size*size*3)}, nil
}

// Rested tells the session that it waited in poll for so long, which is no time of its work.
func (s *Session) Rested(d time.Duration) { s.clock.rested += d }

// Close gives the session's memory up.
func (s *Session) Close() { s.memory.Close() }

// Fetch brings what learned and what moved back into the weights.
func (s *Session) Fetch(ctx context.Context) error {
	for _, b := range s.changing() {
		if err := s.memory.Read(ctx, s.weights.Data[b.Tensor], b, 0); err != nil {
			return err
		}
	}
	return nil
}

// Run trains to the end of the last epoch, or until poll, called every few
// milliseconds of work, returns an error, which Run returns: the weights are then
// those after the last whole step, and Run may be called again to go on. It does so
// itself when a thread is lost.
func (s *Session) Run(poll func() error, emit func(Event)) error {
	for {
		if err := s.run(poll, emit); !errors.Is(err, kernels.ErrThreadLost) {
			return err
		}
	}
}

func (s *Session) run(poll func() error, emit func(Event)) error {
	s.ready = batch{}
	if len(s.history) >= s.Options.Epochs { // a checkpoint of the end
		return nil
	}
	if err := s.fillCaches(poll, emit); err != nil {
		return err
	}
	if err := s.memory.Run(s.step.Phase(program.Init), poll); err != nil {
		return err
	}
	for len(s.history) < s.Options.Epochs {
		if err := s.epoch(len(s.history), poll, emit); err != nil {
			return err
		}
	}
	return nil
}

// epoch runs the steps of an epoch that are not yet done, then evaluates.
func (s *Session) epoch(epoch int, poll func() error, emit func(Event)) error {
	start := s.clock.worked()
	order, total := s.shuffled(epoch), s.Steps()*s.Options.Epochs
	if s.steps == epoch*s.Steps() {
		s.clock.startEpoch()
		if s.Options.Scaled {
			if err := s.scale(order, epoch, poll); err != nil {
				return err
			}
		}
	}
	for rest := order[min((s.steps-epoch*s.Steps())*s.batch(), len(order)):]; len(rest) > 0; {
		began := s.clock.worked()
		chosen := s.first(rest)
		rest = rest[len(chosen):]
		loss, correct, blocks, err := s.train(chosen, s.first(rest), epoch, poll)
		if err != nil {
			return err
		}
		s.steps++
		took := s.clock.worked() - began
		s.clock.step(loss, correct, took)
		n := float64(len(chosen))
		emit(Event{Step: &StepEvent{Step: s.steps, Epoch: epoch + 1, Images: len(chosen), Loss: loss / n, Accuracy: float64(correct) / n,
			Seconds: took.Seconds(), Blocks: blocks, SecondsLeft: s.clock.left(total-s.steps, s.Options.Epochs-epoch, s.evaluation)}})
	}
	began := s.clock.worked()
	validation, err := s.Evaluate(Validation, poll)
	if err != nil {
		return err
	}
	s.clock.evaluation = s.clock.worked() - began
	e := Epoch{Epoch: epoch + 1, Loss: s.clock.loss / float64(len(order)), Accuracy: float64(s.clock.correct) / float64(len(order)),
		Validation: validation, Seconds: (s.clock.worked() - start).Seconds(), Factors: s.factors}
	if last := len(s.history) - 1; last >= 0 { // one table of 100 classes a pass would fill the memory in a long run
		short := *s.history[last].Validation
		short.Confusion, short.Answers = nil, nil
		s.history[last].Validation = &short
	}
	s.history = append(s.history, e)
	emit(Event{Epoch: &e})
	return nil
}

// first is the first batch of order.
func (s *Session) first(order []int) []int { return order[:min(s.batch(), len(order))] }

// stepOn is the program that trains on so many images.
func (s *Session) stepOn(images int) *compile.Program {
	if images == s.step.Options.Batch {
		return s.step
	}
	return s.rest
}

// train does one step on the chosen images and returns the sum of their losses and
// how many were right, with what the program read of each block. The images of the step that follows are made ready while a device
// still works on this one.
func (s *Session) train(chosen, next []int, epoch int, poll func() error) (loss float64, correct int, blocks []compile.Reading, err error) {
	p := s.stepOn(len(chosen))
	p.SetStep(s.steps+1, s.rate, splitmix.At(s.Options.Seed, uint64(s.steps)))
	if err := s.memory.Run(p.Phase(program.Save), nil); err != nil {
		return 0, 0, nil, err
	}
	if err := s.gradients(p, chosen, epoch, poll); err != nil {
		s.memory.Run(p.Phase(program.Restore), nil)
		return 0, 0, nil, err
	}
	// Not interrupted: a step is done whole or not at all. A thread lost here leaves
	// a few numbers without this step's update, which the next ones make up for.
	if err := s.memory.Run(p.Phase(program.Update), nil); err != nil && !errors.Is(err, kernels.ErrThreadLost) {
		return 0, 0, nil, err
	}
	losses, probs := make([]float32, p.Loss.Len), make([]float32, p.Probs.Len)
	parts, readings := p.Readings()
	wait := s.memory.Ask(append(parts, program.Part{Dst: losses, Buffer: p.Loss}, program.Part{Dst: probs, Buffer: p.Probs})...)
	s.prepare(s.stepOn(len(next)), batch{Train, next, epoch})
	if err := wait(); err != nil {
		return 0, 0, nil, err
	}
	for _, l := range losses {
		loss += float64(l)
	}
	for i, n := range chosen {
		if Argmax(probs[i*s.classes():][:s.classes()]) == s.data.Label(Train, n) {
			correct++
		}
	}
	if s.Options.Readings {
		blocks = readings()
	}
	return loss, correct, blocks, nil
}

// read copies a buffer out.
func (s *Session) read(ctx context.Context, b *program.Buffer) ([]float32, error) {
	data := make([]float32, b.Len)
	return data, s.memory.Read(ctx, data, b, 0)
}

// gradients runs the chosen images forward and backward.
func (s *Session) gradients(p *compile.Program, chosen []int, epoch int, poll func() error) error {
	if err := s.fill(p, batch{Train, chosen, epoch}, poll); err != nil {
		return err
	}
	s.memory.Write(p.Labels, 0, s.labels(chosen))
	if err := s.memory.Run(p.Phase(program.Forward), poll); err != nil {
		return err
	}
	return s.memory.Run(p.Phase(program.Backward), poll)
}

func (s *Session) classes() int { return s.Plan.Model.Config.Classes }

// labels are one-hot rows, smoothed, then weighted by their class: a row times a number
// is its loss and gradient times that number (see kernels.SoftmaxCrossEntropyArgs).
func (s *Session) labels(chosen []int) []float32 {
	smooth, classes := s.Options.LabelSmoothing, s.classes()
	rows := make([]float32, len(chosen)*classes)
	for i := range rows {
		rows[i] = float32(smooth / float64(classes))
	}
	for i, n := range chosen {
		label, row := s.data.Label(Train, n), rows[i*classes:][:classes]
		row[label] += float32(1 - smooth)
		if s.Options.ClassWeights != nil {
			for c := range row {
				row[c] *= float32(s.Options.ClassWeights[label])
			}
		}
	}
	return rows
}

// shuffled is the order of the training images in an epoch: a function of seed and epoch.
func (s *Session) shuffled(epoch int) []int {
	return rand.New(rand.NewPCG(s.Options.Seed, uint64(epoch))).Perm(s.Counts[Train])
}

// Done tells the steps done so far and the epochs that ended, of which only the last has its
// Confusion and Answers still.
func (s *Session) Done() (steps int, history []Epoch) { return s.steps, s.history }

// Argmax is the index of the first largest number of x.
func Argmax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
