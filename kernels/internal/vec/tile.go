package vec

// TileRows is the rows of a register tile, which has two vectors each. With 4 x 2 Go's
// compiler keeps all sums in registers; 6 x 2 and 4 x 3 spill (SPEED.md).
const TileRows = 4

// Finish says where the sums of a tile go and what happens to them on the way:
//
//	Out = ReLU(Alpha*Scale*(sum+Shift) + Residual)
//
// Row r goes to Out[At[r]:] and meets Residual[ResidualAt[r]:]; Scale, Shift and
// Residual may be nil. A tile has Rows rows of N columns.
type Finish struct {
	Out, Residual, Scale, Shift []float32
	At, ResidualAt              [TileRows]int
	Rows, N                     int
	Alpha                       float32
	ReLU                        bool
}
