/** The networks of `keras.applications`: what of a picture they give. Source: the documentation of each in Keras 2.15. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { axisOf, plainAxes } from '../shapeRules.ts';
import { type Abstract, tensor, type TensorAxis, unknown } from '../values.ts';
import { shapeOf } from '../tensorflow1/operations.ts';

interface Application {
  /** Of the last feature map. */
  readonly channels: number;
  /** Places along an axis of the picture; the feature map has so many fewer. */
  readonly places: (size: number) => number;
  /** What stands before the classes. */
  readonly width: number;
}

const halvedUp = (size: number): number => Math.ceil(size / 32);
const halvedDown = (size: number): number => Math.floor(size / 32);
/** Convolutions and poolings of 3 without padding: every second place, or all. */
const every = (size: number, stride: number): number => Math.floor((size - 3) / stride) + 1;
const inception = (size: number): number => [2, 1, 2, 1, 2, 2, 2].reduce(every, size);

const application = (channels: number, places: Application['places'], width = channels): Application => ({ channels, places, width }); // prettier-ignore

const APPLICATIONS: Readonly<Record<string, Application>> = {
  VGG16: application(512, halvedDown, 4096),
  VGG19: application(512, halvedDown, 4096),
  ResNet50: application(2048, halvedUp),
  ResNet101: application(2048, halvedUp),
  ResNet152: application(2048, halvedUp),
  ResNet50V2: application(2048, halvedUp),
  ResNet101V2: application(2048, halvedUp),
  InceptionV3: application(2048, inception),
  InceptionResNetV2: application(1536, inception),
  MobileNet: application(1024, halvedUp),
  MobileNetV2: application(1280, halvedUp),
  DenseNet121: application(1024, halvedUp),
  DenseNet169: application(1664, halvedUp),
  DenseNet201: application(1920, halvedUp),
  EfficientNetB0: application(1280, halvedUp),
};

/** The picture that each takes where its classes are kept. */
const PICTURE = (name: string): number => (name.startsWith('Inception') ? 299 : 224);

function apply(name: string, { args, framework, reader }: Call): Abstract {
  const { channels, places, width } = APPLICATIONS[name]!;
  const top = args.boolean('include_top') !== false;
  const given = shapeOf(args.some('input_shape'));
  const [rows, columns] = given ?? (top ? [PICTURE(name), PICTURE(name)] : [null, null]);
  const batch = axisOf(null, 'batch');
  const fed = args.some('input_tensor');
  const input = fed?.kind === 'tensor' ? fed : tensor('float32', [batch, ...plainAxes([rows ?? null, columns ?? null, 3])]);
  const part = (axes: readonly TensorAxis[]): Abstract => tensor('float32', [batch, ...axes], { lost: true });
  const [, height = null, across = null] = input.axes?.map(({ size }) => (typeof size === 'number' ? places(size) : null)) ?? [];
  const map = part([...plainAxes([height, across]), axisOf(channels, 'features')]);
  const pooled = args.some('pooling') !== undefined;
  const classes = args.some('classes') === undefined ? 1000 : args.size('classes');
  const output = top ? part([axisOf(classes, 'classes')]) : pooled ? part([axisOf(channels, 'features')]) : map;
  const before = top ? part([axisOf(width, 'features')]) : pooled ? map : unknown('layer');
  return {
    kind: 'network',
    framework,
    className: name,
    name: reader.graph.layerName(name.toLowerCase()),
    layers: [],
    alternatives: [],
    place: null,
    built: { input, output },
    parts: { kind: 'object', type: 'keras.layers', attributes: new Map([['last', output], ['before', before]]) },
  };
} // prettier-ignore

const entry = (name: string): CallEntry => ({
  signature: 'include_top=True, weights=None, input_tensor=None, input_shape=None, pooling=None, classes=None, classifier_activation=None, name=None', // prettier-ignore
  result: call => apply(name, call),
});

/** Of pictures, changed in their values alone. */
const PREPROCESS: CallEntry = { signature: 'x, data_format=None', result: ({ args }) => args.get('x') ?? unknown('x') };

const MODULES = ['inception_v3', 'vgg16', 'vgg19', 'resnet', 'resnet50', 'resnet_v2', 'xception', 'mobilenet', 'mobilenet_v2', 'densenet', 'inception_resnet_v2', 'efficientnet']; // prettier-ignore

export const KERAS_APPLICATIONS: CallTable = {
  ...Object.fromEntries(Object.keys(APPLICATIONS).map(name => [`keras.applications.${name}`, entry(name)])),
  ...Object.fromEntries(MODULES.map(name => [`keras.applications.${name}.preprocess_input`, PREPROCESS])),
};

/** The last layers of such a network, which programs take by their place. */
export const KERAS_APPLICATION_METHODS: CallTable = {
  'keras.layers.__getitem__': {
    signature: 'key',
    result: ({ self, args }) => {
      const name = args.number('key') === -1 ? 'last' : args.number('key') === -2 ? 'before' : '';
      const output = self.kind === 'object' ? self.attributes.get(name) : undefined;
      return output === undefined ? unknown('layer') : { kind: 'object', type: 'keras.part', attributes: new Map([['output', output]]) }; // prettier-ignore
    },
  },
};
