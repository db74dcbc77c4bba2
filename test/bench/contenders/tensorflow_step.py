"""The notes' program in TensorFlow itself: answers every line on stdin with the milliseconds of one training step, by the clock and of CPU."""
import os, sys, time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy
import tensorflow

threads = int(sys.argv[1])
tf = tensorflow.compat.v1
tf.disable_eager_execution()
tf.set_random_seed(1)

X = tf.placeholder(tf.float32, [None, 28, 28])
y = tf.placeholder(tf.int32, [None])
cells = [tf.nn.rnn_cell.BasicLSTMCell(num_units=150) for _ in range(3)]
outputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), X, dtype=tf.float32)
weights = tf.get_variable("softmax/kernel", [150, 10])
bias = tf.get_variable("softmax/bias", [10], initializer=tf.zeros_initializer())
logits = tf.matmul(states[-1][1], weights) + bias
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
training = tf.train.AdamOptimizer(learning_rate=0.001).minimize(loss)

config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads)
session = tf.Session(config=config)
session.run(tf.global_variables_initializer())
feed = {X: numpy.random.default_rng(1).random((150, 28, 28), dtype=numpy.float32), y: numpy.arange(150) % 10}
for _ in range(5):
    session.run([training, loss], feed)
print(f"TensorFlow {tensorflow.__version__}, compat.v1, {threads} intra and {threads} inter thread{'s' if threads > 1 else ''}", flush=True)
for _ in sys.stdin:
    started, used = time.perf_counter(), time.process_time()
    session.run([training, loss], feed)
    print((time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000, flush=True)
