export { multiply, bareTile } from './tile';
export { packRows, packColumns } from './pack';
export { lstmForward, lstmBackward } from './lstm';
export { activate, activationBackward, addBias, addRows, batchToSteps, columnSums, fill, reservedBytes } from './vector';
export { softmaxCrossEntropy } from './loss';
export { adam, rmsprop, sgd } from './optimizer';
