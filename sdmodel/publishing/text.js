/* Elements of the page, found and made. All text goes in as text, never as HTML. */

function by(id) {
  return document.getElementById(id);
}

function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/* A piece of line as a run's is drawn, for legends. */
function swatch(look) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "line");
  const dashes = { dashed: "6 4", dotted: "2 3", dotdash: "2 3 7 3", dashdot: "9 3 2 3" };
  const all = {
    x1: 0, x2: 30, y1: 5, y2: 5, stroke: look.colour, "stroke-width": look.width,
    "stroke-dasharray": dashes[look.dash] || "none",
  };
  for (const [name, value] of Object.entries(all)) line.setAttribute(name, value);
  picture.setAttribute("width", 30);
  picture.setAttribute("height", 10);
  picture.setAttribute("aria-hidden", "true");
  picture.append(line);
  return picture;
}

/* Tell in the line under the strip what was done, for eyes and screen readers. */
function tell(text) {
  by("news").textContent = text;
}
