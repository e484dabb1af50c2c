// What is typed and cannot be is refused where it was typed: a sentence at the field, which
// stays as it was typed until it is put right, while the value before stays in force.
import { h } from './dom.js'

/**
 * Shows why a field's text is not taken, or with null that it is.
 * @param {any} input a field inside a label @param {string | null} reason
 */
export function refuse(input, reason) {
  const id = input.id + '-problem'
  const others = (input.getAttribute('aria-describedby') ?? '').split(' ').filter(other => other && other !== id)
  const old = document.getElementById(id)
  if (reason) others.push(id)
  if (others.length) input.setAttribute('aria-describedby', others.join(' '))
  else input.removeAttribute('aria-describedby')
  if (!reason) {
    old?.remove()
    input.removeAttribute('aria-invalid')
    return
  }
  input.setAttribute('aria-invalid', 'true')
  const place = old ?? h('span', { id, class: 'problem', role: 'alert' })
  if (place.textContent !== reason) place.textContent = reason
  // Beside the label, not in it: it is no part of the field's name.
  if (!old) (input.closest('label') ?? input).after(place)
}

export const isRefused = input => input.getAttribute('aria-invalid') === 'true'

/**
 * Why a number cannot be, or null. `above` is a bound that is itself too small.
 * @param {number} n NaN: none was typed
 * @param {{ min?: number, above?: number, max?: number, step?: number }} bounds
 */
export function outside(n, { min, above, max, step }) {
  const whole = step === 1
  if (Number.isFinite(n) && !(n < min) && !(n <= above) && !(n > max) && (!whole || Number.isInteger(n))) return null
  const from = above === undefined ? `from ${text(min)}` : `above ${text(above)}`
  return `${whole ? 'A whole number' : 'A number'} ${from} to ${text(max)}`
}

const text = n => String(n).replace('-', '−')
