package simd

// filtering is the transforms of a minimal filtering along one axis: B', G, A'. As Toom and
// Cook multiply polynomials, it goes by values at points and at infinity: column j of A' is
// the powers of the j-th point, and so is row j of G, but for the factor that makes row j
// of B' begin with 1. The rows of points x and -x differ in the sign of even elements
// only: B' and G here have that of x, see transform. TestMinimal proves the tables.
type filtering struct{ b, g, a [][]float32 }

// edge is the input pixels of a tile.
func (f *filtering) edge() int { return len(f.a[0]) }

var (
	filtering1 = filtering{[][]float32{{1}}, [][]float32{{1}}, [][]float32{{1}}} // nothing to do

	// F(2, 3), at 0, 1, -1.
	filtering3 = filtering{
		[][]float32{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, 1, 0, -1}},
		[][]float32{{1, 0, 0}, {.5, .5, .5}, {0, 0, -1}},
		[][]float32{{1, 1, 1, 0}, {0, 1, -1, 1}},
	}

	// F(2, 7), at 0, 1, -1, 2, -2, 1/2, -1/2. Of nine sets of points this one errs least.
	filtering7 = filtering{
		[][]float32{
			{1, 0, -5.25, 0, 5.25, 0, -1, 0},
			{0, 1, 1, -4.25, -4.25, 1, 1, 0},
			{0, 1, .5, -5, -2.5, 4, 2, 0},
			{0, 1, 2, -1.25, -2.5, .25, .5, 0},
			{0, 1, 0, -5.25, 0, 5.25, 0, -1},
		},
		[][]float32{
			{1, 0, 0, 0, 0, 0, 0},
			{-2. / 9, -2. / 9, -2. / 9, -2. / 9, -2. / 9, -2. / 9, -2. / 9},
			{1. / 180, 2. / 180, 4. / 180, 8. / 180, 16. / 180, 32. / 180, 64. / 180},
			{64. / 45, 32. / 45, 16. / 45, 8. / 45, 4. / 45, 2. / 45, 1. / 45},
			{0, 0, 0, 0, 0, 0, -1},
		},
		[][]float32{{1, 1, 1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, .5, -.5, 1}},
	}
)

// transform2 is h x w', of which each gets the elements in order: B' d B or G g G'.
func (m *module) transform2(f function, h, w [][]float32, width int, x func(i, v int) vec, each func(vec)) {
	m.transform(f, h, width, x, func(row []vecVar) {
		// Row by row, so that few vectors live at a time: all 16 would spill.
		m.transform(f, w, 1, func(i, _ int) vec { return row[i].get() }, func(sum []vecVar) { each(sum[0].get()) })
	})
}

// transform is the product of a table with a matrix x of so many columns, row by row. Where a
// row has even and odd elements they are summed apart: their sum is the row of a
// point, their difference that of its negative.
func (m *module) transform(f function, table [][]float32, width int, x func(i, v int) vec, each func(row []vecVar)) {
	even, odd, sums := f.vecs(width), f.vecs(width), f.vecs(width)
	for _, row := range table {
		pair := false
		for v := range sums {
			element := func(i int) vec { return x(i, v) }
			e, o := m.linear(row, 0, 2, element), m.linear(row, 1, 2, element)
			switch {
			case o == nil:
				sums[v].set(e)
			case e == nil:
				sums[v].set(o)
			default:
				pair = true
				even[v].set(e)
				odd[v].set(o)
				sums[v].set(odd[v].add(even[v].get()))
			}
		}
		each(sums)
		if pair {
			f.setAll(sums, func(v int) vec { return odd[v].sub(even[v].get()) })
			each(sums)
		}
	}
}

// linear is the sum of multiples of elements first, first+step and so on, nil if there are none.
func (m *module) linear(row []float32, first, step int, element func(i int) vec) (sum vec) {
	for i := first; i < len(row); i += step {
		times := row[i]
		if times == 0 {
			continue
		}
		switch e := element(i); {
		case sum == nil && times == 1:
			sum = e
		case sum == nil:
			sum = e.mul(vconst(times))
		case times == 1:
			sum = sum.add(e)
		case times == -1:
			sum = sum.sub(e)
		default:
			sum = m.madd(e, vconst(times), sum)
		}
	}
	return sum
}
