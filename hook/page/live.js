// A page that is served is loaded again when its server has something new, and keeps the filter.
(function () {
  var state = document.documentElement.dataset.state, kept = "stopgate filter";
  var form = document.getElementById("filter"), fields = Array.from(form.querySelectorAll("select, input"));
  function words() { return fields.map(function (f) { return f.selectedOptions ? f.selectedOptions[0].textContent : f.value; }); }
  function restore(last) {
    fields.forEach(function (f, i) {
      if (!f.options) { f.value = last[i]; return; }
      Array.from(f.options).forEach(function (option) { option.selected = option.textContent === last[i]; });
    });
    form.dispatchEvent(new Event("input"));
  }
  function wait() {
    fetch("wait?at=" + encodeURIComponent(state)).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.statusText); }
      return answer.text();
    }).then(function (now) {
      if (now === state) { wait(); return; }
      sessionStorage.setItem(kept, JSON.stringify(words()));
      location.reload();
    }).catch(function () {
      document.getElementById("live").textContent = "The server has ended: this page is as it was then.";
    });
  }
  var last = sessionStorage.getItem(kept);
  if (last !== null) { sessionStorage.removeItem(kept); restore(JSON.parse(last)); }
  wait();
})();
