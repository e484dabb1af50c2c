# %% Thaw in a notebook: pip install anywidget. THAW is the package's folder (make site).
import functools, http.server, pathlib, threading
import anywidget, traitlets

THAW = pathlib.Path("build/site")
WIDGET = pathlib.Path("web/examples/notebook/widget.js")


class Files(http.server.SimpleHTTPRequestHandler):
    """The package's files, for pages of any origin: the notebook's is another one."""

    extensions_map = {".js": "text/javascript", ".wasm": "application/wasm", "": "application/octet-stream"}

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
        super().end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=THAW))
threading.Thread(target=server.serve_forever, daemon=True).start()


class Thaw(anywidget.AnyWidget):
    _esm = WIDGET
    address = traitlets.Unicode(f"http://127.0.0.1:{server.server_port}/thaw.js").tag(sync=True)
    images = traitlets.Dict().tag(sync=True)  # class -> list of files' bytes
    asked = traitlets.List().tag(sync=True)  # bytes of pictures to ask about
    plan = traitlets.Dict({"preset": "head-only"}).tag(sync=True)
    options = traitlets.Dict({"epochs": 10}).tag(sync=True)
    result = traitlets.Dict().tag(sync=True)  # RunResult of thaw.d.ts
    probabilities = traitlets.List().tag(sync=True)  # of asked: class -> probability
    network = traitlets.Bytes().tag(sync=True)  # a .keras file: keras.models.load_model opens it


# %% Folders of pictures, one a class.
photos = pathlib.Path("testdata/images/photos")
files = {folder.name: sorted(folder.iterdir()) for folder in sorted(photos.iterdir()) if folder.is_dir()}
widget = Thaw(
    images={name: [path.read_bytes() for path in paths[1:]] for name, paths in files.items()},
    asked=[paths[0].read_bytes() for paths in files.values()],
)
widget

# %% After the button was pressed.
widget.result, widget.probabilities, len(widget.network)
