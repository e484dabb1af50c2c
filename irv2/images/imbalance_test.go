package images

import (
	"strings"
	"testing"
)

func TestImbalance(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		warns string
	}{
		{nil, ""}, {[]int{0, 5}, ""}, {[]int{4, 11, 6}, ""},
		{[]int{4, 0, 12, 6}, `"c" has 12 images and "a" only 4`}, {[]int{1200, 4}, `"a" has 1,200 images and "b" only 4`},
	} {
		d := NewDataset(DefaultResizing(8))
		for i, n := range c.sizes {
			c := &Class{Name: string(rune('a' + i)), Samples: []*Sample{{Excluded: true}}}
			for range n {
				c.Samples = append(c.Samples, &Sample{})
			}
			d.Classes = append(d.Classes, c)
		}
		got := d.Imbalance()
		if (got == "") != (c.warns == "") || !strings.HasPrefix(got, c.warns) {
			t.Errorf("%v: %q, want %q", c.sizes, got, c.warns)
		}
	}
}
