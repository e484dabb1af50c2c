package images

// Job is a file to be made what a data set keeps of it. It can be done anywhere.
type Job struct {
	Data     []byte `json:"-"`
	Name     string
	Browser  bool // Foreign may be asked
	Resizing Resizing
	Depth    int // by which 16-bit pictures are scaled, if they are not deeper
	Limits   Limits
}

// Decoded is what a data set keeps of a picture. Fields are those of Sample.
type Decoded struct {
	Width, Height int
	Pixels        []uint8 `json:"-"` // [Size, Size, 3]
	Hash          Hash
	Look          uint64
	Depth, Range  int
	Browser       bool
}

// Decode does the job; by may be nil. The only errors are *Refusal.
func (j *Job) Decode(by Foreign) (*Decoded, error) {
	img, err := DecodeWith(by, j.Browser, j.Data, j.Name, j.Limits)
	if err != nil {
		return nil, err
	}
	out := &Decoded{Width: img.W, Height: img.H, Depth: img.Depth, Range: max(j.Depth, img.Depth), Browser: img.Browser}
	out.Pixels, out.Hash = img.Square(j.Resizing, out.Range)
	out.Look = look(&RGB8{W: j.Resizing.Size, H: j.Resizing.Size, Pix: out.Pixels})
	return out, nil
}

// job is that of a picture's file for this data set.
func (d *Dataset) job(f File, name string, data []byte) Job {
	return Job{Data: data, Name: name, Browser: f.Browser, Resizing: d.Resizing, Depth: d.depth, Limits: d.Limits}
}
