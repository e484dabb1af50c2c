package images

// Batches deals examples out, by epoch and number, so that a resumed run goes on
// where it stopped. As in Keras's fit, an epoch is shuffled anew and its last
// batch may be smaller. Nothing is kept: a call depends on its arguments alone.
type Batches struct {
	Examples []Example
	Classes  int
	Size     int // of Sample.Pixels
	Batch    int // examples in a full batch
	Shuffle  bool
	Seed     uint64
	Augment  Augment // the zero value: pictures as they are
}

// PerEpoch is the number of batches of an epoch.
func (b *Batches) PerEpoch() int { return (len(b.Examples) + b.Batch - 1) / b.Batch }

// Order is the order of an epoch: indices of Examples, dealt out Batch at a time.
func (b *Batches) Order(epoch int) []int {
	if b.Shuffle {
		return newRNG(shuffling, b.Seed, uint64(epoch)).permutation(len(b.Examples))
	}
	order := make([]int, len(b.Examples))
	for i := range order {
		order[i] = i
	}
	return order
}

// Of cuts batch number i, from 0, out of an Order.
func (b *Batches) Of(order []int, i int) []int {
	return order[i*b.Batch : min((i+1)*b.Batch, len(order))]
}

// Fill overwrites images [len(indices), Size, Size, 3], in [-1, 1], and one-hot
// labels [len(indices), Classes] with the examples at indices. Variants of an
// epoch are drawn for an example's index, wherever its batch is: to cache k
// variants of each picture, give epoch modulo k.
func (b *Batches) Fill(images, labels []float32, indices []int, epoch int) {
	pixels := b.Size * b.Size * 3
	clear(labels[:len(indices)*b.Classes])
	for n, i := range indices {
		e := b.Examples[i]
		dst := images[n*pixels:][:pixels]
		if b.Augment.On() {
			b.Augment.Apply(dst, e.Sample.Pixels, b.Size, b.Seed, epoch, i)
		} else {
			Normalize(dst, e.Sample.Pixels)
		}
		labels[n*b.Classes+e.Label] = 1
	}
}
