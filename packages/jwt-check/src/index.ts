export { checkScene } from './check.ts'
export { buildScene } from './build-scene.ts'
