"use strict";
(function () {
  var words = new Intl.Collator(document.documentElement.lang);

  function key(row, at) {
    var cell = row.cells[at];
    var value = cell.getAttribute("data-value");
    return value === null ? cell.textContent : Number(value);
  }

  function compare(one, other) {
    return typeof one === "number" ? one - other : words.compare(one, other);
  }

  function sort(table, heading, at) {
    var body = table.tBodies[0];
    var before = heading.getAttribute("aria-sort");
    var number = heading.classList.length > 0;
    var up = before ? before === "descending" : !number;
    var rows = Array.from(body.rows).map(function (row) { return [key(row, at), row]; });
    rows.sort(function (one, other) { return compare(one[0], other[0]) * (up ? 1 : -1); });
    table.querySelectorAll("[aria-sort]").forEach(function (other) {
      other.removeAttribute("aria-sort");
    });
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append.apply(body, rows.map(function (pair) { return pair[1]; }));
  }

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[\u0110\u0111]/g, "d")
      .toLowerCase();
  }

  function find(table) {
    var rows = Array.from(table.tBodies[0].rows);
    var texts = rows.map(function (row) {
      return plain(Array.from(row.cells).filter(function (cell) {
        return !cell.hasAttribute("data-value");
      }).map(function (cell) { return cell.textContent; }).join(" "));
    });
    var label = document.createElement("label");
    var input = document.createElement("input");
    var count = document.createElement("output");
    label.className = "find";
    input.type = "search";
    count.setAttribute("aria-live", "polite");
    label.append(table.getAttribute("data-filter"), input, count);
    table.parentNode.before(label);
    input.addEventListener("input", function () {
      var wanted = plain(input.value).split(/\s+/).filter(Boolean);
      var left = 0;
      rows.forEach(function (row, at) {
        var fits = wanted.every(function (word) { return texts[at].includes(word); });
        row.hidden = !fits;
        left += fits ? 1 : 0;
      });
      count.textContent = wanted.length ? left + " / " + rows.length : "";
    });
  }

  document.querySelectorAll("table[data-sort]").forEach(function (table) {
    Array.from(table.tHead.rows[0].cells).forEach(function (heading, at) {
      var button = document.createElement("button");
      button.type = "button";
      heading.setAttribute("data-heading", heading.textContent);
      button.append.apply(button, Array.from(heading.childNodes));
      heading.append(button);
      button.addEventListener("click", function () { sort(table, heading, at); });
    });
  });
  document.querySelectorAll("table[data-filter]").forEach(find);
})();
