import { svelte } from '@sveltejs/vite-plugin-svelte'

export default {
  base: './', // from any sub-folder
  plugins: [svelte()],
  optimizeDeps: { exclude: ['thaw'] }, // vite dev: its workers and engine lie beside the module
}
