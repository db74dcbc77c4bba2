"""One layer of 150 plain recurrent units reads handwritten digits, one row of pixels at a time.

The simplest recurrent network: h(t) = tanh(Wx x(t) + Wh h(t-1) + b). 最简单的循环网络。

What to do       Press "Train Model". A hundred epochs take a quarter of an hour; ten show the way.
What to look at  Test accuracy, which wavers from epoch to epoch. In the gate inspector h of most
                 units is pressed against -1 or 1: nothing but tanh keeps them in bounds.
What to expect   0.92 to 0.93 after one epoch, 0.97 after ten, 0.98 at best within a hundred.
"""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

# A digit is 28 rows of 28 pixels: 28 steps (时间步), 28 inputs at each step.
n_steps = 28
n_inputs = 28
n_neurons = 150  # units 神经元数
n_outputs = 10  # digits 0 to 9 数字 0 到 9

learning_rate = 0.001
n_epochs = 100
batch_size = 150

(X_train, y_train), (X_test, y_test) = tf.keras.datasets.mnist.load_data()
X_train = X_train.astype("float32").reshape(-1, n_steps, n_inputs) / 255.0
X_test = X_test.astype("float32").reshape(-1, n_steps, n_inputs) / 255.0

X = tf.placeholder(tf.float32, [None, n_steps, n_inputs])
y = tf.placeholder(tf.int32, [None])

# rnn: data=mnist
basic_cell = tf.nn.rnn_cell.BasicRNNCell(num_units=n_neurons)

# A plain cell has one state, h, and shows it as its output: states is outputs[:, -1].
# 基本循环单元只有一个状态 h，它同时也是输出。
outputs, states = tf.nn.dynamic_rnn(basic_cell, X, dtype=tf.float32)

logits = tf.layers.dense(states, n_outputs)
xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
loss = tf.reduce_mean(xentropy)
training_op = tf.train.AdamOptimizer(learning_rate=learning_rate).minimize(loss)

correct = tf.nn.in_top_k(logits, y, 1)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(n_epochs):
        order = np.random.permutation(len(X_train))
        for rows in np.array_split(order, len(X_train) // batch_size):
            X_batch, y_batch = X_train[rows], y_train[rows]
            sess.run(training_op, feed_dict={X: X_batch, y: y_batch})
        acc_batch = accuracy.eval(feed_dict={X: X_batch, y: y_batch})
        acc_test = accuracy.eval(feed_dict={X: X_test, y: y_test})
        print("Epoch", epoch, "Last batch accuracy =", acc_batch, "Test accuracy =", acc_test)
