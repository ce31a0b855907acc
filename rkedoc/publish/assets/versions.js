// Written by `rkedoc publish`, and read by the pages of every version, from disk too: leads from each page to itself in the
// other versions, or to the start of a version that lacks it. No request leaves but for this file.
(function () {
  "use strict";
  const data = /*DATA*/null;

  const pages = [];
  for (const [folder, names] of Object.entries(data.pages)) {
    for (const name of names.split("|")) { pages.push((folder ? folder + "/" : "") + name + ".html"); }
  }

  function has(version, page) {
    const place = pages.indexOf(page);
    return place >= 0 && !version.lacks.includes(place);
  }

  // A site of several languages has a start page in each.
  function start(version, page) {
    const language = page.split("/")[0];
    return has(version, language + "/index.html") ? language + "/index.html" : "index.html";
  }

  function address(version, root, page) {
    const found = has(version, page);
    return root + "../" + version.label + "/" + (found ? page + location.search + location.hash : start(version, page));
  }

  function enrich(place) {
    const own = place.dataset.rkedocVersion, root = place.dataset.rkedocRoot, page = place.dataset.rkedocPage;
    const code = (document.documentElement.lang || "en").split("-")[0];
    const words = data.words[code] || data.words.en;
    const select = document.createElement("select");
    select.setAttribute("aria-label", words.version);
    for (const version of data.versions) {
      const option = document.createElement("option");
      option.value = version.label;
      option.textContent = version.label === data.versions[0].label ? version.label + " (" + words.latest + ")" : version.label;
      option.selected = version.label === own;
      select.append(option);
    }
    if (!data.versions.some(function (version) { return version.label === own; })) {
      const option = document.createElement("option");
      option.textContent = own;
      option.selected = true;
      select.prepend(option);
    }
    select.addEventListener("change", function () {
      const chosen = data.versions.find(function (version) { return version.label === select.value; });
      if (chosen) { location.href = address(chosen, root, page); }
    });
    place.append(select);
    const all = place.querySelector("a");
    if (all) { all.textContent = words.version; }
    if (data.versions.length && own !== data.versions[0].label) {
      const link = document.createElement("a");
      link.className = "rkedoc-banner-newer";
      link.textContent = words.newer.replace("{label}", data.versions[0].label);
      link.href = address(data.versions[0], root, page);
      link.addEventListener("click", function () { link.href = address(data.versions[0], root, page); });
      place.append(link);
    }
  }

  function run() {
    document.querySelectorAll("[data-rkedoc-version]").forEach(enrich);
  }
  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", run); } else { run(); }
})();
