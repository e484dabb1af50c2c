package kernels

// LostError is what an op panics with when something that computes was lost in the
// middle of work that cannot be done twice, because it overwrites what it reads. What
// the op wrote is undefined, but Adam and SGD have updated everything once, except
// for a few thousand neighbouring numbers at most.
type LostError struct {
	What string // "a thread", "the GPU"
	Gone bool   // the backend cannot go on at all; false: it goes on with fewer
}

func (e *LostError) Error() string { return e.What + " died in the middle of a step" }

// ErrThreadLost is the loss of a thread: the backend goes on with fewer.
var ErrThreadLost = &LostError{What: "a thread"}

// Lost runs an op, or several, and returns the *LostError if that is how it ended.
func Lost(op func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *LostError:
			err = r
		default:
			panic(r)
		}
	}()
	op()
	return nil
}
