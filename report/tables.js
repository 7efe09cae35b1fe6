/* Sorts and filters tables: an addition. Without it every row stands in the document's order, and
 * whatever is sorted or filtered, paper shows every row. Cells are only read as text. */
(() => {
	"use strict";
	const ROWS_MIN = 6;
	const collator = new Intl.Collator("en", {numeric: true});

	function make(name, properties, parent) {
		const element = Object.assign(document.createElement(name), properties);
		if (parent)
			parent.append(element);
		return element;
	}

	/* A number, a text, or null for a number that is not known. */
	function value_of(row, column) {
		const cell = row.cells[column];
		if (!cell)
			return "";
		return cell.dataset.value === undefined ? cell.textContent.trim()
			: cell.dataset.value === "" ? null : Number(cell.dataset.value);
	}

	/* What is not known comes last, whichever way the rest is sorted. */
	function compare(a, b, sign) {
		if (a === null || b === null)
			return (a === null) - (b === null);
		if (typeof a === "number" && typeof b === "number")
			return sign * (a === b ? 0 : a < b ? -1 : 1);
		return sign * collator.compare(String(a), String(b));
	}

	function sort(table, heading) {
		const body = table.tBodies[0];
		const column = heading.cellIndex;
		const order = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
		const sign = order === "ascending" ? 1 : -1;
		const rows = [...body.rows].map(row => [value_of(row, column), row]);
		rows.sort((a, b) => compare(a[0], b[0], sign));
		for (const other of table.tHead.rows[0].cells)
			other.removeAttribute("aria-sort");
		heading.setAttribute("aria-sort", order);
		body.append(...rows.map(pair => pair[1]));
	}

	function add_sorters(table) {
		for (const heading of table.tHead.rows[0].cells) {
			if (heading.tagName !== "TH" || !heading.textContent.trim())
				continue;
			const button = make("button", {className: "sorter", type: "button"});
			button.append(...heading.childNodes);
			heading.append(button);
			button.addEventListener("click", () => sort(table, heading));
		}
	}

	function filter(table, words, status) {
		let shown = 0, all = 0;
		for (const body of table.tBodies) {
			let heading = null, found = 0;
			for (const row of body.rows) {
				if (row.classList.contains("group")) {
					heading = row;
					continue;
				}
				const text = ((heading ? heading.textContent : "") + " " + row.textContent).toLowerCase();
				row.hidden = !words.every(word => text.includes(word));
				all++;
				found += !row.hidden;
			}
			if (heading)
				heading.hidden = !found;
			shown += found;
		}
		status.textContent = words.length ? `${shown} of ${all} rows` : "";
	}

	function add_filter(table) {
		const tools = make("div", {className: "tools"});
		const label = make("label", {textContent: "Filter "}, tools);
		const input = make("input", {type: "search", autocomplete: "off"}, label);
		const status = make("span", {}, tools);
		status.setAttribute("role", "status");
		input.addEventListener("input", () =>
			filter(table, input.value.toLowerCase().split(/\s+/).filter(word => word), status));
		(table.closest(".scroll") || table).before(tools);
	}

	for (const table of document.querySelectorAll("table.lines, table.readings, table.sortable")) {
		if (table.tBodies.length === 0 || !table.tHead || table.querySelectorAll("tbody tr").length < ROWS_MIN)
			continue;
		add_filter(table);
		if (table.tBodies.length === 1)
			add_sorters(table);
	}
})();
