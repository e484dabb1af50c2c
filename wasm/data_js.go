package main

import (
	"cmp"

	"github.com/hack-pad/safejs"

	"thaw/irv2/images"
	"thaw/irv2/project"
	"thaw/irv2/worlds"
	"thaw/wasm/jsutil"
)

// filesOf lists files of the page; their paths stand in property key.
func filesOf(list safejs.Value, key string) []project.PictureFile {
	var files []project.PictureFile
	for _, f := range jsutil.Elements(list) {
		files = append(files, project.PictureFile{
			Path:  jsutil.String(jsutil.Prop(f, key)),
			Group: jsutil.String(jsutil.Prop(f, "group")),
			Open:  func() (project.File, error) { return newBlob(jsutil.Prop(f, "file")) },
		})
	}
	return files
}

// addImages answers data.add.
func (e *engine) addImages(r *request) (any, error) {
	files := filesOf(jsutil.Prop(r.args, "files"), "name")
	for i := range files {
		files[i].Browser = jsutil.Truthy(jsutil.Prop(r.args, "browserDecoded"))
	}
	from, err := project.Files(jsutil.String(jsutil.Prop(r.args, "class")), files)
	if err != nil {
		return nil, err
	}
	return e.AddImages(r.ctx, from, e.progress(r, "Reading images"))
}

// survey answers data.survey.
func (e *engine) survey(r *request) (any, error) {
	var args struct{ Encoding string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.Survey(r.ctx, filesOf(jsutil.Prop(r.args, "files"), "path"), args.Encoding, e.progress(r, "Looking at the files"))
}

// take answers data.take.
func (e *engine) take(r *request) (any, error) {
	args := struct {
		Survey int                `json:"survey"`
		Choice project.TakeChoice `json:"choice"`
	}{Choice: project.TakeChoice{Sides: true}}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.Take(r.ctx, args.Survey, args.Choice, e.progress(r, "Reading images"))
}

// addWorld answers data.addWorld.
func (e *engine) addWorld(r *request) (any, error) {
	args := struct {
		World      string `json:"world"`
		PerClass   int    `json:"perClass"`
		Validation int    `json:"validation"`
		Seed       uint64 `json:"seed"`
	}{PerClass: 20, Seed: 1}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	w, err := project.WorldByName(args.World)
	if err != nil {
		return nil, err
	}
	from, err := project.World(w, args.PerClass, args.Validation, args.Seed)
	if err != nil {
		return nil, err
	}
	return e.AddImages(r.ctx, from, e.progress(r, "Drawing "+w.Title))
}

// worlds answers data.worlds.
func (e *engine) worlds(*request) (any, error) { return worlds.All(), nil }

// worldPicture answers data.worldPicture.
func (e *engine) worldPicture(r *request) (any, error) {
	var args struct{ World string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	w, err := project.WorldByName(args.World)
	if err != nil {
		return nil, err
	}
	return asBlob("image/bmp")(project.WorldPicture(w))
}

// listData answers data.list.
func (e *engine) listData(*request) (any, error) { return e.Images(), nil }

// renameClass answers data.rename.
func (e *engine) renameClass(r *request) (any, error) {
	var args struct{ Class, To string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.RenameClass(args.Class, args.To)
}

// removeClass answers data.removeClass.
func (e *engine) removeClass(r *request) (any, error) {
	var args struct{ Class string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.RemoveClass(args.Class)
}

// removeImages answers data.remove.
func (e *engine) removeImages(r *request) (any, error) {
	var args struct{ IDs project.IDs }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.RemoveImages(args.IDs)
}

// mergeClasses answers data.merge.
func (e *engine) mergeClasses(r *request) (any, error) {
	var args struct{ From, Into string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.MergeClasses(args.From, args.Into)
}

// moveImages answers data.move.
func (e *engine) moveImages(r *request) (any, error) {
	var args struct {
		IDs   project.IDs
		Class string
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.MoveImages(args.IDs, args.Class)
}

// exclude answers data.exclude and data.include.
func exclude(do func(ids []int) (project.DataInfo, error)) call {
	return func(r *request) (any, error) {
		var args struct{ IDs project.IDs }
		if err := r.decode(&args); err != nil {
			return nil, err
		}
		return do(args.IDs)
	}
}

// keepTogether answers data.keepTogether.
func (e *engine) keepTogether(r *request) (any, error) {
	var args struct{ IDs project.IDs }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.KeepTogether(args.IDs)
}

// alike answers data.alike.
func (e *engine) alike(r *request) (any, error) { return e.Alike(r.ctx) }

// undo answers data.undo.
func (e *engine) undo(r *request) (any, error) { return e.Undo(r.ctx) }

// redo answers data.redo.
func (e *engine) redo(r *request) (any, error) { return e.Redo(r.ctx) }

// clearData answers data.clear.
func (e *engine) clearData(*request) (any, error) { return e.ClearImages(), nil }

// thumbnail answers data.thumbnail.
func (e *engine) thumbnail(r *request) (any, error) {
	var args struct{ ID int }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return asBlob("image/jpeg")(e.Thumbnail(args.ID))
}

// asBlob makes a file's content a Blob.
func asBlob(mime string) func(content []byte, err error) (any, error) {
	return func(content []byte, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		array, err := jsutil.BytesToJS(content)
		if err != nil {
			return nil, err
		}
		return jsutil.Construct("Blob", []any{array}, map[string]any{"type": mime})
	}
}

// readPicture reads an image file of the page.
func readPicture(file safejs.Value) (name string, content []byte, err error) {
	b, err := newBlob(file)
	if err != nil {
		return "", nil, err
	}
	content, err = b.readAll(images.DefaultLimits.FileBytes)
	return cmp.Or(b.name(), "The image"), content, err
}
