// On a narrow screen the panels are tabs; style.css shows the one that body names.
const tabs = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.tabs [data-show]'))

export function startTabs() {
  for (const tab of tabs) tab.onclick = () => showPanel(tab.dataset.show)
}

export function showPanel(name) {
  document.body.dataset.panel = name
  for (const tab of tabs) {
    if (tab.dataset.show === name) tab.setAttribute('aria-current', 'true')
    else tab.removeAttribute('aria-current')
  }
}
