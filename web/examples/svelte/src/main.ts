import { mount } from 'svelte'
import Classifier from './Classifier.svelte'

mount(Classifier, { target: document.getElementById('app')!, props: { classes: ['boat', 'house'] } })
