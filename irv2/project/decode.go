package project

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Decode reads a message's arguments into dst by their JSON names. Its errors are
// sentences that name the field. null, which NaN and Infinity become on their way, is no
// number.
func Decode(text []byte, dst any) error {
	return decodeError(json.Unmarshal(text, dst))
}

// decodeStrictly is Decode that knows every name: one that is misspelt is an error, and
// not something that is left out.
func decodeStrictly(text []byte, dst any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return decodeError(d.Decode(dst))
}

// IDs are a list of numbers that Decode reads without holes: null would be image 0.
type IDs []int

const maxIDs = 1_000_000

// UnmarshalJSON reads a list of whole numbers.
func (ids *IDs) UnmarshalJSON(text []byte) error {
	var list []*int
	if err := json.Unmarshal(text, &list); err != nil || slices.Contains(list, nil) || len(list) > maxIDs {
		return Errorf(Invalid, "Images are named by a list of their numbers, which are whole, at most 1,000,000.")
	}
	*ids = make(IDs, len(list))
	for i, id := range list {
		(*ids)[i] = *id
	}
	return nil
}

func decodeError(err error) error {
	var kind *json.UnmarshalTypeError
	var said *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return said
	case errors.As(err, &kind):
		return Errorf(Invalid, "%s takes %s, not %s.", quoted(kind.Field), takes(kind.Type.Kind().String()), strings.TrimPrefix(kind.Value, "number "))
	}
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return Errorf(Invalid, "There is no option %.100s: look for a slip in its name.", name)
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	return Errorf(Invalid, "The arguments do not fit: %.200s.", strings.TrimSuffix(text, "."))
}

func quoted(field string) string {
	if field == "" {
		return "This call"
	}
	return fmt.Sprintf("%.100q", field)
}

// takes says what a Go kind is to a person.
func takes(kind string) string {
	switch {
	case strings.HasPrefix(kind, "uint"):
		return "a whole number of at least 0"
	case strings.HasPrefix(kind, "int"):
		return "a whole number"
	case strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "bool":
		return "true or false"
	case kind == "slice" || kind == "array":
		return "a list"
	case kind == "string":
		return "a text"
	}
	return "names with values"
}

// UnmarshalJSON reads options over what o holds: what is not named stays. Names that are
// none and values that are no numbers are errors, as training by something else than was
// asked for is worse than none.
func (o *Options) UnmarshalJSON(text []byte) error {
	type plain Options
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	for name, value := range fields {
		if bytes.Contains(value, []byte("null")) && name != "classWeight" && (name != "augment" || string(value) != "null") {
			return Errorf(Invalid, "%.100q is no number: leave it out for what is usual.", name)
		}
	}
	return decodeStrictly(text, (*plain)(o))
}
