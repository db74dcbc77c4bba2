export { bareTile, beThread, multiply, reservedBytes } from './tile';
export { packColumns, packRows } from './pack';
export { lstmBackward, lstmForward } from './lstm';
export { gruAfterBackward, gruAfterForward, gruGates, gruGatesBackward, gruState, gruStateBackward } from './gru';
export { activationSlopes, biasActivate, carryRows, carrySlopes, maskRows, maskSlopes } from './rnn';
export { activate, activationBackward, addRows, allFinite, batchToSteps, clip, clipBackward, columnSums, copyRows, fill, gatherRows, multiplyRows, productSums, scale, scatterRows, sumOfSquares } from './vector';
export { countMarks, greaterOf, markRows, slopesOfChosen } from './steps';
export { sigmoidCrossEntropy, softmaxCrossEntropy, sparseSoftmaxCrossEntropy, valueError } from './loss';
export { adadelta, adagrad, adam, adamax, addScaled, momentum, nadam, rmsprop, sgd } from './optimizer';
