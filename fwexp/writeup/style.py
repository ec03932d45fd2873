"""The charts' common look: the two frameworks' colours and shapes, the fonts, the SVG."""

import altair as alt
import vl_convert

from fwexp.text import clean_all

COLOURS = {"PyTorch": "#c2452d", "TensorFlow": "#1f6a9a"}
FONT = "sans-serif"


def colour() -> alt.Color:
    """A framework's colour, with its legend."""
    legend = alt.Legend(symbolOpacity=1)
    return alt.Color("framework:N", title=None, sort=list(COLOURS), legend=legend).scale(
        domain=list(COLOURS), range=list(COLOURS.values())
    )


def shape() -> alt.Shape:
    """A framework's shape, for those who print without colour."""
    legend = alt.Legend(symbolOpacity=1)
    return alt.Shape("framework:N", title=None, sort=list(COLOURS), legend=legend).scale(
        domain=list(COLOURS), range=["circle", "square"]
    )


def to_svg(chart: alt.TopLevelMixin) -> str:
    """The chart as SVG text, in the page's fonts."""
    text = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 11, "titleFontSize": 11}
    quiet = {"labelColor": "#3b424a", "titleColor": "#3b424a", "titleFontWeight": "normal"}
    config = {
        "background": None,
        "font": FONT,
        "view": {"stroke": "#dfe3e8"},
        "axis": text
        | quiet
        | {"gridColor": "#eef0f3", "domainColor": "#b8bfc7", "tickColor": "#b8bfc7"},
        "legend": text | quiet | {"orient": "top", "symbolStrokeWidth": 2},
        "header": {"labelFont": FONT, "labelFontSize": 12, "labelColor": "#1d2329"},
    }
    svg = vl_convert.vegalite_to_svg(clean_all(chart.to_dict()), config=config)
    return str(svg)
