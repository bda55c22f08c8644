import { mount } from 'svelte';
import App from './App.svelte';
import './look/tokens.css';
import './look/base.css';
import { showLastLook, start } from './state/program.svelte';

void start();
await showLastLook();

const target = document.getElementById('app');
if (target) mount(App, { target });

requestAnimationFrame(() => void import('./look/fallback_font'));
