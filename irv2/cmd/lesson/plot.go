package main

import (
	"fmt"
	"image/color"
	"os"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// drawn are the plans in the plot; twelve would hide each other. Colours are those of
// Okabe and Ito, told apart by the color-blind too.
var drawn = []struct {
	plan, label string
	color       color.RGBA
	dashes      []vg.Length
}{
	{headOnly, "head only", color.RGBA{0, 114, 178, 255}, nil},
	{probe, "linear probe", color.RGBA{86, 180, 233, 255}, []vg.Length{vg.Points(2), vg.Points(2)}},
	{frozenLive, "snippet 1 as written", color.RGBA{204, 121, 167, 255}, nil},
	{thawedLive, "all thawed, BN live", color.RGBA{230, 159, 0, 255}, nil},
	{thawed, "all thawed, BN inf.", color.RGBA{213, 94, 0, 255}, nil},
	{scratch, "from scratch", color.RGBA{120, 120, 120, 255}, []vg.Length{vg.Points(5), vg.Points(3)}},
}

// writePlot draws a panel for each world: accuracy by images a class, with the standard
// deviation over seeds as bars.
func writePlot(path string, f figures) error {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	names := f.worldsIn()
	columns := min(3, len(names)+1)
	lines := (len(names) + columns) / columns // one panel more, for the legend
	panels := make([][]*plot.Plot, lines)
	legend := plot.NewLegend()
	for i := range lines * columns {
		p := plot.New()
		if i < len(names) {
			if err := f.panel(p, names[i], i == 0, &legend); err != nil {
				return err
			}
		} else {
			p.HideAxes()
		}
		panels[i/columns] = append(panels[i/columns], p)
	}
	const side = 7 * vg.Centimeter
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(columns)*side, vg.Length(lines)*side), vgimg.UseDPI(110))
	tiles := draw.Tiles{Rows: lines, Cols: columns, PadX: 4 * vg.Millimeter, PadY: 4 * vg.Millimeter, PadTop: 3 * vg.Millimeter, PadBottom: 2 * vg.Millimeter, PadLeft: 2 * vg.Millimeter, PadRight: 3 * vg.Millimeter}
	areas := plot.Align(panels, tiles, draw.New(canvas))
	for i := range lines * columns {
		if area := areas[i/columns][i%columns]; i < len(names) {
			panels[i/columns][i%columns].Draw(area)
		} else if i == len(names) {
			legend.Left, legend.Top = true, true
			legend.ThumbnailWidth, legend.Padding = 8*vg.Millimeter, vg.Millimeter
			legend.Draw(area)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(file)
	if err2 := file.Close(); err == nil {
		err = err2
	}
	return err
}

// panel draws one world. Sizes stand side by side, equally far from each other, and
// plans a little beside each other, so that their bars can be seen.
func (f figures) panel(p *plot.Plot, world string, explain bool, legend *plot.Legend) error {
	p.Title.Text = fmt.Sprintf("%s: %s", world, titleOf(world))
	p.Title.TextStyle.Font.Size = 9
	p.Y.Min, p.Y.Max = 20, 100
	p.Y.Label.Text, p.X.Label.Text = "accuracy, %", "training images a class"
	sizes := f.sizesIn()
	labels := make([]string, len(sizes))
	for i, each := range sizes {
		labels[i] = fmt.Sprint(each)
	}
	p.NominalX(labels...)
	p.X.Min, p.X.Max = -0.4, float64(len(sizes))-0.6
	p.Add(plotter.NewGrid())
	for n, d := range drawn {
		var points plotter.XYs
		var bars plotter.YErrors
		for i, each := range sizes {
			var v []float64
			for _, a := range f.accuracies(d.plan, world, each) {
				v = append(v, a)
			}
			if len(v) == 0 {
				continue
			}
			mean, sd := v[0], 0.0
			if len(v) > 1 {
				mean, sd = stat.MeanStdDev(v, nil)
			}
			points = append(points, plotter.XY{X: float64(i) + 0.05*(float64(n)-2.5), Y: mean})
			bars = append(bars, struct{ Low, High float64 }{sd, sd})
		}
		line, dots, err := plotter.NewLinePoints(points)
		if len(points) == 0 {
			line, dots = new(plotter.Line), new(plotter.Scatter)
		} else if err != nil {
			return err
		}
		line.LineStyle = draw.LineStyle{Color: d.color, Width: vg.Points(1.5), Dashes: d.dashes}
		dots.GlyphStyle = draw.GlyphStyle{Color: d.color, Radius: vg.Points(2.5), Shape: draw.CircleGlyph{}}
		if explain {
			legend.Add(d.label, line, dots)
		}
		if len(points) == 0 {
			continue
		}
		spread, err := plotter.NewYErrorBars(struct {
			plotter.XYer
			plotter.YErrorer
		}{points, bars})
		if err != nil {
			return err
		}
		spread.LineStyle = draw.LineStyle{Color: d.color, Width: vg.Points(0.75)}
		p.Add(line, dots, spread)
	}
	return nil
}
