// Explanations on hover and on keyboard focus: any element that names its
// description with aria-describedby="tip-..." shows it.
import { byID } from './dom.js'

export function startTips() {
  const bubble = byID('tip')
  let timer = 0
  const hide = () => {
    clearTimeout(timer)
    bubble.hidden = true
  }
  const showSoon = (event, wait) => {
    const target = event.target.closest?.('[aria-describedby^="tip-"], [data-tip]')
    hide()
    if (!target) return
    const control = target.matches('[aria-describedby]') ? target : target.querySelector('[aria-describedby^="tip-"]')
    const text = target.dataset.tip ?? byID(control?.getAttribute('aria-describedby').split(' ')[0])?.textContent
    // A field that is refused says why, where the tip would be.
    const refused = target.matches('[aria-invalid="true"]') || target.querySelector('[aria-invalid="true"]')
    if (text && !refused) timer = setTimeout(() => show(target, text), wait)
  }
  const show = (target, text) => {
    bubble.textContent = text
    bubble.hidden = false
    const at = target.getBoundingClientRect()
    const size = bubble.getBoundingClientRect()
    const below = at.bottom + 6 + size.height < innerHeight
    bubble.style.left = Math.max(8, Math.min(at.left, innerWidth - size.width - 8)) + 'px'
    bubble.style.top = (below ? at.bottom + 6 : at.top - 6 - size.height) + 'px'
  }
  document.addEventListener('pointerover', event => event.pointerType === 'mouse' && showSoon(event, 350))
  document.addEventListener('focusin', event => /** @type {Element} */ (event.target).matches(':focus-visible') && showSoon(event, 0))
  document.addEventListener('focusout', hide)
  document.addEventListener('pointerdown', hide)
  document.addEventListener('keydown', event => event.key === 'Escape' && hide())
}
