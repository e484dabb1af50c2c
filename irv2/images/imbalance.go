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
	for _, c := range d.Classes {
		if len(c.Samples) == 0 {
			continue
		}
		if most == nil || len(c.Samples) > len(most.Samples) {
			most = c
		}
		if least == nil || len(c.Samples) < len(least.Samples) {
			least = c
		}
	}
	if most == nil || len(most.Samples) < unbalanced*len(least.Samples) {
		return ""
	}
	return fmt.Sprintf("%q has %s images and %q only %s: accuracy alone flatters a network that favours the larger class, so look at balanced accuracy, add images, or let smaller classes count more (class weights).",
		most.Name, text.Thousands(len(most.Samples)), least.Name, text.Thousands(len(least.Samples)))
}
