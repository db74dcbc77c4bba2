"""Three layers of 100 relu units read handwritten digits; the last states of all three decide together.

Most networks read the digit from the top layer alone. Here the final states of all layers stand side
by side, 3 x 100 values, before the dense layer: 三层的最终状态拼接在一起再分类.

What to do       Press "Train Model"; ten epochs take two to three minutes.
What to look at  Hover states and states_concat: a tuple of three [batch, 100], and one [batch, 300].
                 In the gate inspector h of a relu unit is never negative and has no upper bound: its
                 colours have a scale of their own.
What to expect   0.92 to 0.95 after one epoch, 0.975 to 0.984 after ten.
"""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

n_steps = 28
n_inputs = 28
n_neurons = 100  # units of each layer 每层神经元数
n_layers = 3
n_outputs = 10  # digits 0 to 9 数字 0 到 9

learning_rate = 0.001
n_epochs = 10
batch_size = 150

(X_train, y_train), (X_test, y_test) = tf.keras.datasets.mnist.load_data()
X_train = X_train.astype("float32").reshape(-1, n_steps, n_inputs) / 255.0
X_test = X_test.astype("float32").reshape(-1, n_steps, n_inputs) / 255.0

X = tf.placeholder(tf.float32, [None, n_steps, n_inputs])
y = tf.placeholder(tf.int32, [None])

# rnn: data=mnist
layers = [tf.nn.rnn_cell.BasicRNNCell(num_units=n_neurons, activation=tf.nn.relu)
          for layer in range(n_layers)]
multi_cell = tf.nn.rnn_cell.MultiRNNCell(layers)
outputs, states = tf.nn.dynamic_rnn(multi_cell, X, dtype=tf.float32)

# states: one h [batch, 100] for each layer; side by side they are [batch, 300].
states_concat = tf.concat(axis=1, values=states)
logits = tf.layers.dense(states_concat, n_outputs)
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
