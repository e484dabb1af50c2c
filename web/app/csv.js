// Tables as CSV files (RFC 4180): UTF-8 with a byte order mark, by which Excel knows it.

/** A spreadsheet runs cells that begin so as formulas: a quote in front keeps them text (OWASP, CSV injection). */
const formula = /^[=+\-@\t\r]/

function cell(value) {
  const text = typeof value === 'number' ? String(value) : formula.test(value) ? "'" + value : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** @param {(string | number)[][]} rows @returns {Blob} */
export const csv = rows => new Blob(['\ufeff', ...rows.map(row => row.map(cell).join(',') + '\r\n')], { type: 'text/csv' })
