package project

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"thaw/irv2"
	"thaw/irv2/images"
	"thaw/irv2/weights"
)

// WeightInfo describes weights that are or can be in use.
type WeightInfo struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Model       string   `json:"model"`
	Format      string   `json:"format"`
	Bytes       int64    `json:"bytes"`
	Description string   `json:"description"`
	Warnings    []string `json:"warnings"`
	Stored      bool     `json:"stored"`            // kept in the library
	Builtin     bool     `json:"builtin,omitempty"` // comes with Thaw
	Card        string   `json:"card,omitempty"`    // of such: its model card's address in the site
	Damaged     bool     `json:"damaged,omitempty"` // what is kept of it cannot be used

	// Preprocessing is how pixels are fed; nil: as keras.applications does, v/127.5 - 1.
	Preprocessing *weights.Preprocessing `json:"preprocessing,omitempty"`

	Run json.RawMessage `json:"run,omitempty"` // Made, of a network that was trained here before
}

// pixels is the same for package images.
func (info WeightInfo) pixels() *images.Affine { return (*images.Affine)(info.Preprocessing) }

// Synthesize makes seeded random weights the network in use; model "" is the one in use.
func (p *Project) Synthesize(ctx context.Context, model string, seed uint64) (WeightInfo, error) {
	done, err := p.Begin(ctx)
	if err != nil {
		return WeightInfo{}, err
	}
	defer done()
	if model == "" {
		model = p.choice.Model
	}
	if err := p.switchTo(ctx, model); err != nil {
		return WeightInfo{}, err
	}
	m, err := p.model()
	if err != nil {
		return WeightInfo{}, err
	}
	w := irv2.NewWeights(m)
	w.Synthesize(seed)
	info := WeightInfo{
		ID:          randomID(model, seed),
		Name:        fmt.Sprintf("random, seed %d", seed),
		Model:       model,
		Format:      "generated",
		Bytes:       bytesOf(w),
		Description: fmt.Sprintf("random, seed %d", seed),
		Warnings:    []string{},
	}
	return info, p.adopt(ctx, w, info, nil)
}

func randomID(model string, seed uint64) string { return fmt.Sprintf("random-%s-%d", model, seed) }

// randomWeights says what random weights an ID is of.
func randomWeights(id string) (model string, seed uint64, ok bool) {
	rest, ok := strings.CutPrefix(id, "random-")
	model, number, found := strings.Cut(rest, "-")
	seed, err := strconv.ParseUint(number, 10, 64)
	return model, seed, ok && found && err == nil
}

// ListWeights lists what comes with Thaw, then what is kept, newest first. The list counts
// where there is an error too, which says why what is kept is not in it.
func (p *Project) ListWeights(ctx context.Context) ([]WeightInfo, error) {
	kept, err := p.Library.list(ctx)
	return append(Builtins(), kept...), err
}

// UseWeights loads kept weights.
func (p *Project) UseWeights(ctx context.Context, id string, tell Tell) (WeightInfo, error) {
	done, err := p.Begin(ctx)
	if err != nil {
		return WeightInfo{}, err
	}
	defer done()
	m, err := p.Library.manifest(ctx, id)
	if err != nil {
		return WeightInfo{}, err
	}
	config, err := Choice{Model: m.Config.Name, Size: m.Config.Size, Dense: m.Config.Dense}.config(m.Config.Classes)
	if err != nil || config != m.Config {
		return WeightInfo{}, errManifest
	}
	model, err := irv2.New(config)
	if err != nil {
		return WeightInfo{}, errManifest
	}
	w := irv2.NewWeights(model)
	if err := p.Library.load(ctx, m, w, tell.of("Loading "+m.Info.Name)); err != nil {
		return WeightInfo{}, err
	}
	return m.Info, p.adopt(ctx, w, m.Info, m.Classes)
}

// RemoveWeights forgets kept weights; if they are in use, they stay so.
func (p *Project) RemoveWeights(ctx context.Context, id string) error {
	if _, ok := Builtin(id); ok {
		return Errorf(Invalid, "What comes with the page cannot be removed.")
	}
	if err := p.Library.remove(ctx, id); err != nil {
		return err
	}
	if p.network != nil && p.network.info.ID == id {
		p.network.info.Stored = false
	}
	return nil
}
