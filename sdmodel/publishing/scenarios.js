/* Scenario buttons: one of a group at a time, together with those of other groups. */

const scenarioButtons = [...document.querySelectorAll("[data-scenario]")].map((button) => ({
  button, about: data.scenarios[Number(button.dataset.scenario)],
}));

function isSet(scenario) {
  const values = Object.entries(scenario.values);
  return values.length > 0 && values.every(([name, value]) => valueOf(name) === value);
}

function choose(scenario) {
  const pairs = new Map();
  const own = (about) => Object.keys(about.values).map((name) => [name, kernel.constants[name]]);
  const pressed = isSet(scenario);
  for (const { about } of scenarioButtons) {
    const same = about === scenario || about.group === scenario.group;
    if (same && isSet(about)) for (const [name, value] of own(about)) pairs.set(name, value);
  }
  if (!pressed) for (const [name, value] of Object.entries(scenario.values)) pairs.set(name, value);
  setAll([...pairs]);
  tell(pressed ? `${scenario.label} is off.` : `${scenario.label}. ${scenario.about}`);
}

for (const { button, about } of scenarioButtons) {
  button.addEventListener("click", () => choose(about));
}

on("change", () => {
  for (const { button, about } of scenarioButtons) {
    button.setAttribute("aria-pressed", String(isSet(about)));
  }
});
