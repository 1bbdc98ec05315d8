/* The link to what is set: #name=value&name=value, of the constants that differ. */

function addressOf() {
  return [...changes].map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  ).join("&");
}

/* Set what a link says; tell what in it means nothing here. */
function fromAddress(text) {
  if (!text.includes("=")) return;
  const pairs = [];
  const strange = [];
  for (const part of text.split("&").filter(Boolean)) {
    const sign = part.lastIndexOf("=");
    let name = part.slice(0, sign);
    let value = NaN;
    try {
      name = decodeURIComponent(name);
      const written = decodeURIComponent(part.slice(sign + 1));
      value = written.trim() === "" ? NaN : Number(written);
    } catch {
      /* a lone percent sign */
    }
    if (!isConstant(name)) strange.push(`there is no constant named ${name}`);
    else if (!Number.isFinite(value)) strange.push(`${name} is given no number`);
    else pairs.push([name, value]);
  }
  setOnly(pairs);
  if (strange.length) tell(`Not all of the link could be used: ${strange.join("; ")}.`);
}

let written = "";

on("change", () => {
  clearTimeout(fromAddress.rest);
  fromAddress.rest = setTimeout(writeAddress, 250);
});

function writeAddress() {
  if (location.protocol === "about:") return; // in the cell of a notebook there is no address
  written = addressOf();
  history.replaceState(null, "", written ? `#${written}` : location.pathname + location.search);
}

addEventListener("hashchange", () => {
  if (location.hash.slice(1) !== written) fromAddress(location.hash.slice(1));
});

by("share").addEventListener("click", async () => {
  writeAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    tell("The link to this state is copied.");
  } catch {
    tell("The link to this state is the address of the page: copy it from there.");
  }
});
