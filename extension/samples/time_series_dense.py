"""The curve of time_series_projection.py again, without the wrapper: reshape, one dense layer, reshape.

The wrapper multiplies inside the cell, at every step. Here all steps are laid end to end, multiplied
once, and cut into windows again: 结果相同，但只做一次大的矩阵乘法. It is the same function, and faster.

What to do       Press "Train Model", then a run of the other file under "Compare with".
What to look at  Hover stacked_rnn_outputs and outputs: [batch · 20, 100] and [batch, 20, 1].
                 In the tensor inspector outputs is h of all 100 units, before the dense layer.
What to expect   The errors of the wrapper: some 0.5 after 100 steps, 0.04 to 0.05 after 1,400.
"""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

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

# rnn_outputs: [batch, 20, 100], h at every step  每一步的 h
rnn_outputs, states = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)

# All steps of all windows in one long list, one dense layer over it, and back.  先展平，再做一次全连接，再还原。
stacked_rnn_outputs = tf.reshape(rnn_outputs, [-1, n_neurons])
stacked_outputs = tf.layers.dense(stacked_rnn_outputs, n_outputs)
outputs = tf.reshape(stacked_outputs, [-1, n_steps, n_outputs])

loss = tf.reduce_mean(tf.square(outputs - y))
training_op = tf.train.AdamOptimizer(learning_rate=learning_rate).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for iteration in range(n_iterations):
        X_batch, y_batch = next_batch(batch_size)
        sess.run(training_op, feed_dict={X: X_batch, y: y_batch})
        if iteration % 100 == 0:
            print(iteration, "MSE:", loss.eval(feed_dict={X: X_batch, y: y_batch}))
