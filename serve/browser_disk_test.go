package main

import "testing"

// Pixels beyond the budget lie on disk and come back as they went; another tab's visit
// leaves them alone, and one after this removes them.
func TestModuleKeepsPixelsOnDisk(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{ backend: 'portable' }")
	got := eval[struct {
		Files  int
		Bytes  int
		Images int
		Equal  int
		Left   int
	}](b, `
		const list = async () => {
			const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('thaw-scratch')
			const sizes = []
			for await (const file of folder.values()) sizes.push((await file.getFile()).size)
			return sizes
		}
		await thaw.model.configure({ model: 'mini', size: 1000 })
		for (const _ of [1, 2]) await thaw.data.addWorld('near', { perClass: 12, seed: 1 }) // 48 pictures of 3 MB, twice
		const { open } = await import('/thaw.js')
		const other = await open({ backend: 'portable' })
		const { classes } = await thaw.data.list()
		const text = async id => (await thaw.data.thumbnail(id)).text()
		const equal = async () => {
			let n = 0
			for (const { images } of classes) if (await text(images[11].id) === await text(images[23].id)) n++
			return n
		}
		const sizes = await list()
		const found = { Files: sizes.length, Bytes: sizes[0], Images: classes.flatMap(c => c.images).length, Equal: await equal() }
		thaw.close()
		other.close()
		for (let n = 0; n < 100; n++) { // a worker's end takes a moment
			(await open({ backend: 'portable' })).close()
			if ((found.Left = (await list()).length) === 0) break
			await new Promise(resolve => setTimeout(resolve, 100))
		}
		return found`)
	const mostInMemory = 89 // of 96
	if got.Files != 1 || got.Bytes != (96-mostInMemory)*3_000_000 || got.Images != 96 || got.Equal != 4 || got.Left != 0 {
		t.Errorf("%+v", got)
	}
}
