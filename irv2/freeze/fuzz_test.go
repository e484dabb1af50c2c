package freeze

import (
	"encoding/json"
	"reflect"
	"testing"

	"thaw/irv2"
	"thaw/irv2/internal/bounded"
)

// FuzzSpec: a plan that someone wrote, as JSON. A plan that is made comes back the same
// from what it says that it was made of.
func FuzzSpec(f *testing.F) {
	for _, text := range []string{
		`{"preset":"freeze-conv","asWritten":true,"batchNorm":"inference"}`, `{"preset":"freeze-first-100"}`, `{"preset":"unfreeze-all"}`, `{"preset":"head-only","batchNorm":"batch"}`,
		`{"from":"block8_1"}`, `{"thaw":["block8_*",[-30,null],[0,10],"conv_7b"]}`, `{"thaw":[]}`, `{"thaw":["[a-"]}`, `{"thaw":[[9007199254740993,-1]]}`,
		`{"phases":[{"preset":"head-only","epochs":2,"rate":0.001},{"from":"block8_1","epochs":3,"rates":{"backbone":0.1},"scaled":true}]}`, `{"phases":[{"epochs":1,"phases":[{}]}]}`, `{"phases":[]}`,
	} {
		f.Add([]byte(text))
	}
	m, err := irv2.New(irv2.Mini(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bounded.Parse(t, len(text), func() {
			var spec Spec
			if json.Unmarshal(text, &spec) != nil {
				return
			}
			p, err := New(m, spec)
			if err != nil {
				if len(err.Error()) > 1000 {
					t.Fatalf("an error of %d characters", len(err.Error()))
				}
				return
			}
			bounded.Sentence(t, p.Sentence, "")
			written, err := json.Marshal(p.Spec)
			if err != nil {
				t.Fatal(err)
			}
			var again Spec
			if err := json.Unmarshal(written, &again); err != nil {
				t.Fatal(err)
			}
			if q, err := New(m, again); err != nil || !reflect.DeepEqual(p.Trainable, q.Trainable) || p.Name != q.Name {
				t.Fatalf("%s comes back as %s: %v", text, written, err)
			}
		})
	})
}
