/** PyTorch as one table of calls. */
import type { CallTable, FrameworkTable } from '../calls.ts';
import { DATASET_CALLS } from './datasets.ts';
import { MODULE_CALLS, MODULE_METHODS } from './modules.ts';
import { TORCH_CALLS, TORCH_METHODS } from './operations.ts';
import { PARAMETER_METHODS } from './parameters.ts';
import { SCHEDULER_CALLS, SCHEDULER_METHODS } from './schedulers.ts';
import { TORCH_SHAPE_METHODS, TORCH_SHAPES } from './shapes.ts';
import { TRAINING_METHODS } from './training.ts';

/** Private modules and other names of what the table has. */
const RENAMES: readonly (readonly [RegExp, string])[] = [
  [/^torch\.nn\.modules\.(?:rnn|linear|sparse|dropout|activation|container|loss)\.(\w+)$/, 'torch.nn.$1'],
  [/^torch\.nn\.utils\.clip_grad_norm$/, 'torch.nn.utils.clip_grad_norm_'],
  [/^torch\.concat$/, 'torch.cat'],
  [/^torch\.optim\.\w+\.(\w+)$/, 'torch.optim.$1'],
  [/^torch\.Tensor\.(\w+)$/, 'torch.$1'],
  [/^torch\.utils\.data\.(?:dataloader|dataset)\.(\w+)$/, 'torch.utils.data.$1'],
  [/^torch\.autograd\.variable\./, 'torch.autograd.'],
  [/^torch\.cuda\.(\w+Tensor)$/, 'torch.$1'],
  [/^torch\.nn\.parameter\.Parameter$/, 'torch.nn.Parameter'],
];

const METHODS: CallTable = {
  ...TORCH_SHAPE_METHODS,
  ...TORCH_METHODS,
  ...MODULE_METHODS,
  ...TRAINING_METHODS,
  ...PARAMETER_METHODS,
  ...SCHEDULER_METHODS,
};

/** `x.squeeze_(0)` gives what `x.squeeze(0)` gives, and makes `x` that. */
const IN_PLACE: CallTable = Object.fromEntries(
  Object.entries(METHODS)
    .filter(([name]) => name.startsWith('tensor.') && !name.endsWith('_'))
    .map(([name, entry]) => [`${name}_`, entry]),
);

export const PYTORCH: FrameworkTable = {
  canonical: path => {
    if (!/^torch(?:vision)?\./.test(path)) return null;
    return { name: RENAMES.reduce((name, [from, to]) => name.replace(from, to), path), framework: 'pytorch' };
  },
  calls: { ...TORCH_SHAPES, ...MODULE_CALLS, ...TORCH_CALLS, ...DATASET_CALLS, ...SCHEDULER_CALLS },
  methods: { ...IN_PLACE, ...METHODS },
};
