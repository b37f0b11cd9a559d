"use strict";
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  function byId(id) { return document.getElementById(id); }
  function make(name, text, className) {
    var made = document.createElement(name);
    if (text !== undefined) { made.textContent = text; }
    if (className) { made.className = className; }
    return made;
  }
  function when(unix) { return new Date(unix * 1000).toISOString().replace("T", " ").slice(0, 19) + "Z"; }

  // Rows of a stop and of a task, by position.
  var AT = 0, REPOSITORY = 1, AGENT = 2, TASK = 3, VERDICT = 4, FLAGS = 5, RULES = 6, STOP_ANCHOR = 7;
  var SENT_BACK = 1, WOULD_BE = 2, JUDGED = 4, RIGHT = 8;
  var T_ANCHOR = 0, T_NAME = 1, T_REPOSITORY = 2, T_PHASE = 3, T_AT = 4, T_STOPS = 5, T_BACK = 6, T_AGENTS = 7, T_VERDICTS = 8, T_RULES = 9, T_EVENTS = 10, T_OMITTED = 11;
  var E_AT = 0, E_WHO = 1, E_CLASS = 2, E_WHAT = 3, E_MORE = 4, E_RUN = 5, E_ANCHOR = 6;
  var taskOf = {}; // by its anchor, and by those of its events
  data.tasks.forEach(function (task) {
    taskOf[task[T_ANCHOR]] = task;
    task[T_EVENTS].forEach(function (event) { taskOf[event[E_ANCHOR]] = task; });
  });
  function known(anchor) { return Object.prototype.hasOwnProperty.call(taskOf, anchor) ? taskOf[anchor] : null; }

  function sortable(th, act) {
    var button = make("button", th.textContent);
    button.type = "button";
    th.replaceChildren(button);
    button.addEventListener("click", function () {
      var down = th.getAttribute("aria-sort") !== "descending";
      th.parentNode.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      act(down);
    });
  }
  function order(x, y, down) { return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1); }

  document.querySelectorAll("table.sortable").forEach(function (table) {
    table.querySelectorAll("thead th").forEach(function (th, i) {
      sortable(th, function (down) {
        var key = function (row) { var n = row.cells[i].dataset.n; return n === undefined ? row.cells[i].textContent : +n; };
        Array.from(table.tBodies[0].rows).sort(function (a, b) { return order(key(a), key(b), down); }).forEach(function (row) { table.tBodies[0].append(row); });
      });
    });
  });

  // A table of many rows, of which a page is shown. columns are the keys that it is sorted by, cells what it shows: texts, or [text, anchor].
  function pages(table, noun, size, columns, cells) {
    var rows = [], first = 0, sort = null, down = true;
    var pager = table.parentNode.nextElementSibling, note = pager.querySelector("p"), buttons = pager.querySelectorAll("button");
    function draw() {
      table.tBodies[0].replaceChildren();
      rows.slice(first, first + size).forEach(function (row) {
        var tr = make("tr");
        cells(row).forEach(function (cell, i) {
          var td = make("td", undefined, table.tHead.rows[0].cells[i].className);
          if (Array.isArray(cell) && cell[1]) {
            var link = make("a", cell[0]);
            link.href = "#" + cell[1];
            td.append(link);
          } else {
            td.textContent = Array.isArray(cell) ? cell[0] : cell;
          }
          tr.append(td);
        });
        table.tBodies[0].append(tr);
      });
      var to = Math.min(first + size, rows.length);
      note.textContent = rows.length === 0 ? "None matches." : noun + " " + (first + 1) + " to " + to + " of " + rows.length + ".";
      buttons[0].disabled = first === 0;
      buttons[1].disabled = to >= rows.length;
    }
    function show(list) {
      rows = list;
      if (sort) { rows.sort(function (a, b) { return order(sort(a), sort(b), down); }); }
      first = 0;
      draw();
    }
    buttons[0].addEventListener("click", function () { first = Math.max(0, first - size); draw(); });
    buttons[1].addEventListener("click", function () { first += size; draw(); });
    table.querySelectorAll("thead th").forEach(function (th, i) { sortable(th, function (d) { sort = columns[i]; down = d; show(rows); }); });
    pager.hidden = false;
    return show;
  }
  function name(list, at) { return function (row) { return data[list][row[at]]; }; }
  function backWord(row) { return row[FLAGS] & SENT_BACK ? "sent back" : row[FLAGS] & WOULD_BE ? "would be" : ""; }
  function ruleWords(row) { return row[RULES].map(function (i) { return data.rules[i]; }).join(", "); }
  var showStops = pages(byId("stops"), "Stops", 50,
    [function (row) { return row[AT]; }, name("repositories", REPOSITORY), name("agents", AGENT), name("tasks_named", TASK), name("verdicts", VERDICT), backWord, ruleWords],
    function (row) {
      return [
        [when(row[AT]), known(row[STOP_ANCHOR]) ? row[STOP_ANCHOR] : ""], data.repositories[row[REPOSITORY]], data.agents[row[AGENT]], data.tasks_named[row[TASK]],
        data.verdicts[row[VERDICT]], backWord(row), ruleWords(row)
      ];
    });
  var showTasks = pages(byId("task-list"), "Tasks", 20,
    [function (t) { return t[T_NAME]; }, name("repositories", T_REPOSITORY), function (t) { return t[T_PHASE]; }, function (t) { return t[T_AT]; }, function (t) { return t[T_STOPS]; }, function (t) { return t[T_BACK]; }],
    function (t) { return [[t[T_NAME], t[T_ANCHOR]], data.repositories[t[T_REPOSITORY]], t[T_PHASE], when(t[T_AT]), t[T_STOPS], t[T_BACK]]; });

  // The filter.
  var form = byId("filter");
  ["repository", "agent", "rule", "verdict"].forEach(function (field) {
    data[field === "repository" ? "repositories" : field + "s"].map(function (text, i) { return [text, i]; }).sort(function (a, b) { return order(a[0], b[0]); }).forEach(function (entry) {
      var option = make("option", entry[0]);
      option.value = String(entry[1]);
      byId("f-" + field).append(option);
    });
  });
  function chosen(field) { var value = byId("f-" + field).value; return value === "" ? null : +value; }
  function day(field) { return Date.parse(byId("f-" + field).value) / 1000; }
  function apply() {
    var repository = chosen("repository"), agent = chosen("agent"), verdict = chosen("verdict"), rule = chosen("rule");
    var since = day("since"), until = day("until") + 86400;
    var all = repository === null && agent === null && verdict === null && rule === null && isNaN(since) && isNaN(until);
    function within(at) { return !(at < since) && !(at >= until); } // no day compares as false
    var rows = data.stops.filter(function (row) {
      return (repository === null || row[REPOSITORY] === repository) && (agent === null || row[AGENT] === agent) && (verdict === null || row[VERDICT] === verdict) &&
        (rule === null || row[RULES].includes(rule)) && within(row[AT]);
    });
    showStops(rows.slice());
    showTasks(data.tasks.filter(function (t) {
      return (repository === null || t[T_REPOSITORY] === repository) && (agent === null || t[T_AGENTS].includes(agent)) && (verdict === null || t[T_VERDICTS].includes(verdict)) &&
        (rule === null || t[T_RULES].includes(rule)) && within(t[T_AT]);
    }));
    document.querySelectorAll("[data-repository]").forEach(function (part) {
      var tags = JSON.parse(part.dataset.tags);
      part.hidden = repository !== null && part.dataset.repository !== data.repositories[repository] || agent !== null && !tags.includes(data.agents[agent]) ||
        verdict !== null && !tags.includes(data.verdicts[verdict]) || rule !== null && !tags.includes(data.rules[rule]) || !within(+part.dataset.at);
    });
    drawBars(all ? null : rows);
    byId("matches").textContent = all ? "The filter acts on the cards, the plot, the tasks and the stops." : summary(rows);
  }
  function summary(rows) {
    var verdicts = data.verdicts.map(function () { return 0; }), back = 0, would = 0, judged = 0, right = 0;
    rows.forEach(function (row) {
      verdicts[row[VERDICT]]++;
      if (row[FLAGS] & SENT_BACK) { back++; }
      if (row[FLAGS] & WOULD_BE) { would++; }
      if (row[FLAGS] & JUDGED) { judged++; }
      if (row[FLAGS] & RIGHT) { right++; }
    });
    var words = data.verdicts.map(function (v, i) { return verdicts[i] + " " + v; }).filter(function (text, i) { return verdicts[i] > 0; });
    return rows.length + " of " + data.stops.length + " stops" + (words.length ? ": " + words.join(", ") : "") + "." +
      (judged ? " Right the first time: " + right + " of " + judged + " (" + Math.floor(100 * right / judged) + "%)." : "") +
      (back ? " Sent back: " + back + "." : "") + (would ? " Would be sent back: " + would + "." : "");
  }

  // The plot as the page was made, or of the stops that the filter lets through.
  var bars = byId("bars-parts"), asMade = bars && Array.from(bars.childNodes), mostAsMade = bars && byId("bars-most").textContent;
  function shape(name, attributes) {
    var made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    return made;
  }
  function drawBars(rows) {
    if (!bars) { return; }
    if (rows === null) {
      bars.replaceChildren.apply(bars, asMade);
      byId("bars-most").textContent = mostAsMade;
      return;
    }
    var plot = data.plot, count = plot.keys.map(function () { return {}; }), most = 0;
    rows.forEach(function (row) {
      var i = plot.keys.indexOf(when(row[AT]).slice(0, plot.keys[0].length));
      if (i >= 0) { count[i][row[VERDICT]] = (count[i][row[VERDICT]] || 0) + 1; count[i].all = (count[i].all || 0) + 1; most = Math.max(most, count[i].all); }
    });
    bars.replaceChildren();
    var each = plot.width / plot.keys.length;
    count.forEach(function (counts, i) {
      var top = plot.base;
      data.plot.order.forEach(function (verdict) {
        var n = counts[data.verdicts.indexOf(verdict)];
        if (!n) { return; }
        var h = plot.tall * n / most;
        top -= h;
        var rect = shape("rect", { x: i * each, y: top, width: each * 0.8, height: h, "class": data.plot.classes[verdict] });
        rect.append(shape("title", {}));
        rect.firstChild.textContent = plot.keys[i] + ": " + n + " " + verdict;
        bars.append(rect);
      });
    });
    byId("bars-most").textContent = "of the stops that match, the highest bar: " + most;
  }

  // The view of one task: a lane for whoever acts, a mark for each event, and a row with the same in words.
  var shapes = data.shapes, classes = ["calm", "good", "bad", "warn"];
  var task = null;
  function rowOf(event) { return byId("row-" + event[E_ANCHOR]); }
  function words(event) { return [data.words[event[E_WHAT]]].concat(event[E_MORE].map(function (i) { return data.words[i]; })); }
  function aim(event, focus) {
    byId("task-rows").querySelectorAll("tr").forEach(function (row) { row.classList.remove("aim"); });
    var row = rowOf(event);
    row.classList.add("aim");
    if (focus) { row.focus(); row.scrollIntoView({ block: "center" }); }
  }
  function positions(events, left, right) { // long waits are shortened, so that what happens close together can be told apart
    var gaps = events.map(function (event, i) { return i === 0 ? 0 : Math.max(0, event[E_AT] - events[i - 1][E_AT]); });
    var sum = gaps.reduce(function (a, b) { return a + b; }, 0) || 1, n = Math.max(1, events.length - 1);
    var parts = gaps.map(function (gap, i) { return i === 0 ? 0 : 0.6 / n + Math.min(gap / sum, 0.25); });
    var whole = parts.reduce(function (a, b) { return a + b; }, 0) || 1, at = 0;
    return parts.map(function (part) { at += part; return left + (right - left) * at / whole; });
  }
  function drawTimeline() {
    var box = byId("timeline"), events = task[T_EVENTS], width = Math.max(280, box.clientWidth), left = 10, right = width - 10, step = 38;
    var x = positions(events, left, right), lanes = {}, names = [], began = {};
    events.forEach(function (event) {
      var who = names.length < data.lanes || lanes["-" + event[E_WHO]] !== undefined ? event[E_WHO] : -1;
      if (lanes["-" + who] === undefined) { lanes["-" + who] = names.length; names.push(who); }
      event.lane = lanes["-" + who];
    });
    var height = names.length * step + 22;
    var svg = shape("svg", { width: width, height: height, viewBox: "0 0 " + width + " " + height, role: "group", "aria-label": "Timeline of " + task[T_NAME] + ". The table below has the same." });
    names.forEach(function (who, i) {
      var y = i * step + 28;
      svg.append(shape("line", { x1: left, x2: right, y1: y, y2: y, "class": "rule" }), shape("text", { x: 0, y: y - 12 }));
      svg.lastChild.textContent = who < 0 ? "others" : data.words[who];
    });
    events.forEach(function (event, i) {
      var y = event.lane * step + 28, who = "-" + event[E_WHO];
      if (began[who] !== undefined && event[E_RUN] > 1) { svg.append(shape("line", { x1: began[who], x2: x[i], y1: y, y2: y, "class": "run" })); delete began[who]; }
      if (event[E_RUN] === 1 || event[E_RUN] === 3) { began[who] = x[i]; }
    });
    Object.keys(began).forEach(function (who) { // it is still at work
      var y = lanes[who] === undefined ? lanes["--1"] : lanes[who];
      svg.append(shape("line", { x1: began[who], x2: right, y1: y * step + 28, y2: y * step + 28, "class": "run" }));
    });
    var links = events.map(function (event, i) {
      var label = when(event[E_AT]) + " " + data.words[event[E_WHO]] + ": " + words(event).join(". ");
      var link = shape("a", { href: "#" + event[E_ANCHOR], tabindex: i === 0 ? "0" : "-1", "aria-label": label });
      link.append(shape("path", { d: shapes[classes[event[E_CLASS]]], "class": classes[event[E_CLASS]], transform: "translate(" + (x[i] - 6) + " " + (event.lane * step + 22) + ")" }));
      function show() { byId("mark").textContent = label; aim(event); }
      link.addEventListener("mouseenter", show);
      link.addEventListener("focus", show);
      link.addEventListener("keydown", function (key) {
        var to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: links.length - 1 }[key.key];
        if (to === undefined || !links[to]) { return; }
        key.preventDefault();
        link.setAttribute("tabindex", "-1");
        links[to].setAttribute("tabindex", "0");
        links[to].focus();
      });
      svg.append(link);
      return link;
    });
    [[events[0], "start", left], [events[events.length - 1], "end", right]].forEach(function (edge) {
      svg.append(shape("text", { x: edge[2], y: height - 4, "text-anchor": edge[1], "class": "quiet" }));
      svg.lastChild.textContent = when(edge[0][E_AT]).slice(0, 16);
    });
    box.replaceChildren(svg);
  }
  function openTask(next) {
    task = next;
    byId("task").hidden = false;
    byId("task-name").textContent = task[T_NAME];
    byId("task-state").textContent = data.repositories[task[T_REPOSITORY]] + ", " + task[T_PHASE] + ". Long waits are drawn shorter than they were.";
    byId("mark").textContent = "";
    byId("task-omitted").textContent = task[T_OMITTED] ? task[T_OMITTED] + " earlier events are left out: stopgate log has them." : "";
    byId("task-rows").replaceChildren();
    task[T_EVENTS].forEach(function (event) {
      var row = make("tr"), what = make("td");
      row.id = "row-" + event[E_ANCHOR];
      row.tabIndex = -1;
      words(event).forEach(function (text, i) {
        if (i) { what.append(make("br")); }
        what.append(text);
      });
      row.append(make("td", when(event[E_AT])), make("td", data.words[event[E_WHO]]), what);
      byId("task-rows").append(row);
    });
    drawTimeline();
  }
  function reveal() {
    var anchor = location.hash.slice(1), found = known(anchor);
    if (!found) { return; }
    if (found !== task) { openTask(found); }
    var event = found[T_EVENTS].find(function (e) { return e[E_ANCHOR] === anchor; });
    if (event) {
      byId("mark").textContent = when(event[E_AT]) + " " + data.words[event[E_WHO]] + ": " + words(event).join(". ");
      aim(event, true);
    } else {
      byId("task").scrollIntoView();
      byId("task").focus({ preventScroll: true });
    }
  }
  document.addEventListener("click", function (event) { // a second click on a link whose hash is there already
    var link = event.target.closest("a[href]");
    if (link && link.getAttribute("href") === location.hash) { reveal(); }
  });
  byId("task-close").addEventListener("click", function () {
    task = null;
    byId("task").hidden = true;
    history.replaceState(null, "", "#tasks");
    byId("tasks").scrollIntoView();
  });
  addEventListener("hashchange", reveal);
  var resized = 0;
  addEventListener("resize", function () { clearTimeout(resized); resized = setTimeout(function () { if (task) { drawTimeline(); } }, 100); });
  addEventListener("beforeprint", function () { document.querySelectorAll("details").forEach(function (part) { part.open = true; }); });
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(apply, 0); });
  form.hidden = false;
  apply();
  reveal();
})();
