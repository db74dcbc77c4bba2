"""Tells four kinds of movement apart by 64 steps of six sensor values.

Where the data comes from is known to preprocess() alone, so the explorer asks:
it offers what fits 64 steps of 6 values in 4 classes.
"""
import pandas as pd
import tensorflow as tf

from cleaning import preprocess

n_steps = 64
n_inputs = 6  # accelerometer and gyroscope, three axes each
n_neurons = 48
n_outputs = 4
n_epochs = 20
batch_size = 32

df = pd.read_pickle("recordings.pkl")
X_train, y_train = preprocess(df)

X = tf.placeholder(tf.float32, [None, n_steps, n_inputs])
y = tf.placeholder(tf.int32, [None])

cell = tf.nn.rnn_cell.GRUCell(n_neurons)
outputs, state = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
logits = tf.layers.dense(state, n_outputs, name="movement")

loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
training_op = tf.train.AdamOptimizer(0.002).minimize(loss)
accuracy = tf.reduce_mean(tf.cast(tf.nn.in_top_k(logits, y, 1), tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(n_epochs):
        for start in range(0, len(X_train), batch_size):
            feed = {X: X_train[start:start + batch_size], y: y_train[start:start + batch_size]}
            sess.run(training_op, feed_dict=feed)
        print("Epoch", epoch, "Train accuracy =", accuracy.eval({X: X_train, y: y_train}))
