package io.holdfast.examples.cli;

/** Shapes and texts of one SVG document. */
final class SvgText {
  private static final String STYLE =
      """
      text{font-family:'Helvetica Neue',Helvetica,Arial,sans-serif;fill:#263238}
      .title{font-size:20px;font-weight:600}.note{font-size:12px;fill:#546e7a}
      .alarm{font-size:12px;fill:#c62828;font-weight:600}
      .host{font-size:14px;font-weight:600;text-anchor:end}.time{font-size:11px;fill:#78909c;text-anchor:middle}
      .bar{font-size:11px;fill:#fff;font-weight:600}.badge{font-size:11px;fill:#fff;text-anchor:middle;font-weight:600}
      .lane{fill:#f5f7f9;stroke:#e0e5e9}.off{fill:url(#hatch)}.cut{fill:#e53935}
      .head{font-size:13px;font-weight:600}.small{font-size:11px;fill:#546e7a}.smallhost{font-size:11px;text-anchor:end}
      .tick{stroke:#90a4ae}.step{stroke:#90a4ae;stroke-dasharray:3 4}.broken{stroke:#c62828;stroke-width:2}
      .disc{fill:#607d8b}.fence{fill:#c62828;stroke:#fff;stroke-width:1.2}.reset{fill:#ef6c00;stroke:#fff;stroke-width:1.2}
      """;
  private static final String HATCH =
      "<defs><pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\""
          + " patternTransform=\"rotate(45)\"><rect width=\"7\" height=\"7\" fill=\"#dfe4e8\"/>"
          + "<line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"7\" stroke=\"#c3ccd2\" stroke-width=\"3\"/></pattern></defs>";

  private final StringBuilder body = new StringBuilder();

  void box(double x, double y, double width, double height, String style, String title) {
    shape(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\""
            .formatted(x, y, Math.max(0, width), height, style),
        "rect",
        title);
  }

  void fill(double x, double y, double width, double height, String colour, String title) {
    shape(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\""
            .formatted(x, y, Math.max(0, width), height, colour),
        "rect",
        title);
  }

  void bar(double x, double y, double width, double height, String colour, String title) {
    shape(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\" fill=\"%s\""
            .formatted(x, y, width, height, colour),
        "rect",
        title);
  }

  void line(double x1, double y1, double x2, double y2, String style) {
    body.append(
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>%n"
            .formatted(x1, y1, x2, y2, style));
  }

  void text(double x, double y, String style, String text) {
    body.append(
        "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>%n"
            .formatted(x, y, style, escaped(text)));
  }

  /** A flash: something happened to a host's power. */
  void mark(double x, double y, String style, String title) {
    shape(
        "<path transform=\"translate(%.1f %.1f)\" class=\"%s\" d=\"M2,-11 L-7,2 L-1,2 L-3,11 L7,-3 L1,-3 Z\""
            .formatted(x, y, style),
        "path",
        title);
  }

  void badge(double x, double y, String number, String title) {
    shape(
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"9\" class=\"disc\"".formatted(x, y), "circle", title);
    text(x, y + 4, "badge", number);
  }

  private void shape(String begin, String element, String title) {
    body.append(begin);
    if (title.isEmpty()) {
      body.append("/>");
    } else {
      body.append("><title>")
          .append(escaped(title))
          .append("</title></")
          .append(element)
          .append('>');
    }
    body.append('\n');
  }

  String document(int width, int height) {
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">
        <style>%s</style>
        %s
        <rect width="100%%" height="100%%" fill="#fff"/>
        %s</svg>
        """
        .formatted(width, height, width, height, STYLE, HATCH, body);
  }

  static String shortened(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 1) + "…";
  }

  private static String escaped(String text) {
    return text.replaceAll("\\p{Cntrl}", " ")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
