"""A GRU tells right strings of the embedded Reber grammar from strings with one wrong letter.

The second letter, T or P, comes back as the last but one: the network must hold it over
everything between. 第二个字母（T 或 P）会在倒数第二位再次出现，网络必须一直记住它。

What to do       Press "Train Model"; 30 epochs take two to three minutes.
What to look at  The letters stand above the gates in the gate inspector. Look for units whose update gate
                 closes after the second letter: they keep it to the end. Rows end where their string ends.
What to expect   After some 20 epochs more than 99.9 % of the strings are told right.
"""
import tensorflow as tf

n_inputs = 7  # one-hot letters: B E P S T V X
n_neurons = 30
learning_rate = 0.02
momentum = 0.95
n_epochs = 30
batch_size = 50

X = tf.placeholder(tf.float32, [None, None, n_inputs], name="X")
seq_length = tf.placeholder(tf.int32, [None], name="seq_length")  # strings differ in length
y = tf.placeholder(tf.float32, [None, 1], name="y")  # 1: right, 0: wrong

# rnn: data=embedded-reber
gru_cell = tf.nn.rnn_cell.GRUCell(num_units=n_neurons)
outputs, states = tf.nn.dynamic_rnn(gru_cell, X, dtype=tf.float32, sequence_length=seq_length)

logits = tf.layers.dense(states, 1, name="logits")
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits), name="loss")
optimizer = tf.train.MomentumOptimizer(learning_rate, momentum, use_nesterov=True)
training_op = optimizer.minimize(loss)

accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.greater(logits, 0.0), tf.greater(y, 0.5)), tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(n_epochs):
        for iteration in range(10000 // batch_size):
            X_batch, y_batch, lengths = next_batch(batch_size)
            sess.run(training_op, feed_dict={X: X_batch, y: y_batch, seq_length: lengths})
        print("Epoch", epoch, "Train accuracy =", accuracy.eval({X: X_batch, y: y_batch, seq_length: lengths}))
