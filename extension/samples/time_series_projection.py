"""A plain cell of 100 relu units follows a curve and says at every step what comes next.

The curve is t sin(t) / 3 + 2 sin(5t). A window of 20 points goes in, the same window one step
ahead is to come out. The cell has 100 outputs a step and the curve one value, so a wrapper around
the cell, OutputProjectionWrapper, makes one of the hundred: 包装器把每步的 100 个输出投影成一个预测值.

What to do       Press "Train Model". It takes a few seconds.
What to look at  The window in the training panel: the prediction finds the slow swing first, then the
                 fast one. In the gate inspector, units that are 0 at all steps: relu has switched them off.
What to expect   A mean squared error of some 0.5 after 100 steps, 0.04 to 0.05 after 1,400.
"""
import numpy as np
import tensorflow as tf  # 1.x: the wrapper stands in tf.contrib

t_min, t_max = 0, 30  # the curve is followed from 0 to 30 时间范围
resolution = 0.1  # a point every 0.1 采样间隔

n_steps = 20  # points in a window 窗口长度
n_inputs = 1
n_neurons = 100
n_outputs = 1

learning_rate = 0.001
n_iterations = 1500
batch_size = 50


def curve(t):
    return t * np.sin(t) / 3 + 2 * np.sin(5 * t)


def next_batch(batch_size):
    """Windows [batch, 20, 1] from anywhere on the curve, and the same one step ahead. 随机窗口及其后移一步的目标。"""
    start = t_min + np.random.rand(batch_size, 1) * (t_max - t_min - n_steps * resolution)
    points = curve(start + np.arange(n_steps + 1) * resolution)
    return points[:, :-1].reshape(-1, n_steps, 1), points[:, 1:].reshape(-1, n_steps, 1)


X = tf.placeholder(tf.float32, [None, n_steps, n_inputs])
y = tf.placeholder(tf.float32, [None, n_steps, n_outputs])

# rnn: data=time-series epochs=15
cell = tf.nn.rnn_cell.BasicRNNCell(num_units=n_neurons, activation=tf.nn.relu)
cell = tf.contrib.rnn.OutputProjectionWrapper(cell, output_size=n_outputs)

# outputs: [batch, 20, 1], one value a step; states: h, still 100 wide  输出每步一个值，状态仍是 100 维
outputs, states = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)

loss = tf.reduce_mean(tf.square(outputs - y))
training_op = tf.train.AdamOptimizer(learning_rate=learning_rate).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for iteration in range(n_iterations):
        X_batch, y_batch = next_batch(batch_size)
        sess.run(training_op, feed_dict={X: X_batch, y: y_batch})
        if iteration % 100 == 0:
            print(iteration, "MSE:", loss.eval(feed_dict={X: X_batch, y: y_batch}))
