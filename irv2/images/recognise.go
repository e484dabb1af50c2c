package images

// IsPicture says by a file's first bytes whether it is a picture, of a format that Decode
// reads or one that it refuses by name.
func IsPicture(head []byte, name string) bool {
	format, refusal := sniff(head, name)
	return format != nil || refusal != nil && refusal.Reason == Unsupported
}
