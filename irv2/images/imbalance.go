package images

import (
	"fmt"

	"thaw/irv2/internal/text"
)

// unbalanced is how many times as many pictures as the smallest class the largest may
// have before accuracy says little: a network that always answers with the largest is
// right in three of four cases then.
const unbalanced = 3

// Imbalance says in one sentence that one class has far more pictures than another, ""
// where that is not so. Empty classes are another trouble.
func (d *Dataset) Imbalance() string {
	var most, least *Class
	var many, few int
	for _, c := range d.Classes {
		n := 0
		for _, s := range c.Samples {
			if !s.Excluded {
				n++
			}
		}
		if n == 0 {
			continue
		}
		if most == nil || n > many {
			most, many = c, n
		}
		if least == nil || n < few {
			least, few = c, n
		}
	}
	if most == nil || many < unbalanced*few {
		return ""
	}
	return fmt.Sprintf("%q has %s images and %q only %s: accuracy alone flatters a network that favours the larger class, so look at balanced accuracy, add images, or let smaller classes count more (class weights).",
		most.Name, text.Thousands(many), least.Name, text.Thousands(few))
}
