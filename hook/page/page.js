"use strict";
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var size = 100, first = 0, rows = data.stops, sort = 0, down = true;
  var form = document.getElementById("filter"), body = document.getElementById("stops-body");
  var note = document.getElementById("stops-note");
  var back = document.getElementById("back"), more = document.getElementById("more");
  function fill(id, names) {
    var list = document.getElementById(id);
    names.forEach(function (name, i) {
      var option = document.createElement("option");
      option.value = String(i);
      option.textContent = name;
      list.append(option);
    });
  }
  fill("f-repository", data.repositories);
  fill("f-agent", data.agents);
  fill("f-verdict", data.verdicts);
  fill("f-rule", data.rules);
  function cells(row) {
    return [
      new Date(row[0] * 1000).toISOString().replace("T", " ").slice(0, 19) + "Z", data.repositories[row[1]], data.agents[row[2]], data.tasks[row[3]],
      data.verdicts[row[4]], ["", "sent back", "would be sent back"][row[5]], row[6].map(function (i) { return data.rules[i]; }).join(", ")
    ];
  }
  function draw() {
    body.replaceChildren();
    rows.slice(first, first + size).forEach(function (row) {
      var tr = document.createElement("tr");
      cells(row).forEach(function (text) {
        var td = document.createElement("td");
        td.textContent = text;
        tr.append(td);
      });
      body.append(tr);
    });
    var to = Math.min(first + size, rows.length);
    note.textContent = rows.length === 0 ? "No stop matches." : "Stops " + (first + 1) + " to " + to + " of " + rows.length + ".";
    back.disabled = first === 0;
    more.disabled = to >= rows.length;
  }
  function chosen(id) { return document.getElementById(id).value; }
  function apply() {
    var repository = chosen("f-repository"), agent = chosen("f-agent"), verdict = chosen("f-verdict"), rule = chosen("f-rule");
    var since = Date.parse(chosen("f-since")) / 1000;
    rows = data.stops.filter(function (row) {
      return (repository === "" || row[1] === +repository) && (agent === "" || row[2] === +agent) && (verdict === "" || row[4] === +verdict) &&
        (rule === "" || row[6].includes(+rule)) && (isNaN(since) || row[0] >= since);
    });
    rows.sort(function (a, b) {
      var x = sort === 0 ? a[0] : cells(a)[sort], y = sort === 0 ? b[0] : cells(b)[sort];
      return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
    });
    document.querySelectorAll("[data-repository]").forEach(function (part) {
      var tags = JSON.parse(part.dataset.tags);
      part.hidden = repository !== "" && part.dataset.repository !== data.repositories[+repository] || agent !== "" && !tags.includes(data.agents[+agent]) ||
        verdict !== "" && !tags.includes(data.verdicts[+verdict]) || rule !== "" && !tags.includes(data.rules[+rule]) ||
        !isNaN(since) && +part.dataset.at < since;
    });
    first = 0;
    draw();
  }
  form.addEventListener("change", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); apply(); });
  form.addEventListener("reset", function () { setTimeout(apply, 0); });
  back.addEventListener("click", function () { first = Math.max(0, first - size); draw(); });
  more.addEventListener("click", function () { first += size; draw(); });
  function sortable(th, act) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = th.textContent;
    th.replaceChildren(button);
    button.addEventListener("click", function () {
      var up = th.getAttribute("aria-sort") === "descending";
      th.parentNode.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      act(!up);
    });
  }
  document.querySelectorAll("#stops th").forEach(function (th, i) { sortable(th, function (d) { sort = i; down = d; apply(); }); });
  document.querySelectorAll("table.sortable").forEach(function (table) {
    table.querySelectorAll("th").forEach(function (th, i) {
      sortable(th, function (d) {
        var list = Array.from(table.tBodies[0].rows);
        var key = function (row) { var text = row.cells[i].dataset.n || row.cells[i].textContent; return text !== "" && !isNaN(+text) ? +text : text; };
        list.sort(function (a, b) {
          var x = key(a), y = key(b);
          if (typeof x !== typeof y) { x = String(x); y = String(y); }
          return (x < y ? -1 : x > y ? 1 : 0) * (d ? -1 : 1);
        });
        list.forEach(function (row) { table.tBodies[0].append(row); });
      });
    });
  });
  function reveal() {
    var target = document.getElementById(location.hash.slice(1));
    if (target && target.closest("details")) { target.closest("details").open = true; target.scrollIntoView(); }
  }
  addEventListener("hashchange", reveal);
  form.hidden = false;
  document.getElementById("pager").hidden = false;
  apply();
  reveal();
})();
